// Which models does a commit, or a dataset, affect?
MATCH (origin)
WHERE origin:Dataset OR origin:Commit
MATCH (model:Entity)-[:wasDerivedFrom|wasGeneratedBy|used*1..]->(step)
WHERE (model:LoggedModel OR model:RegisteredModelVersion)
  AND (step = origin OR exists { (step:Creation)-[:wasInformedBy]->(origin) })
RETURN DISTINCT origin.`prov:label` AS origin, head([] + model.`prov:type`) AS type, model.`prov:label` AS model
ORDER BY origin, type, model
