// Which elements were deleted, when, and by whom?
MATCH (thing)-[invalidation:wasInvalidatedBy]->(deletion:Activity)
WHERE thing:File OR thing:Experiment OR thing:Run OR thing:RegisteredModelVersion
OPTIONAL MATCH (deletion)-[:wasAssociatedWith]->(agent:Agent)
RETURN head([] + thing.`prov:type`) AS type, thing.`prov:label` AS name,
       toString(invalidation.`prov:time`) AS time, agent.name AS agent
ORDER BY type, name
