// Which elements were deleted, when, and by whom?
MATCH (entity)-[invalidation:wasInvalidatedBy]->(deletion:Activity)
WHERE entity:File OR entity:Experiment OR entity:Run OR entity:RegisteredModelVersion
OPTIONAL MATCH (deletion)-[:wasAssociatedWith]->(agent:Agent)
RETURN head([] + entity.`prov:type`) AS type, entity.`prov:label` AS name,
       toString(invalidation.`prov:time`) AS time, agent.name AS agent
ORDER BY type, name
