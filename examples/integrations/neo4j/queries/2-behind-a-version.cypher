// Where does the second version of the model "wine" come from?
MATCH (version:RegisteredModelVersion {`prov:label`: "wine 2"})
      -[:wasDerivedFrom|wasGeneratedBy|used|wasInformedBy|wasAssociatedWith*1..]->(cause)
RETURN DISTINCT head([] + cause.`prov:type`) AS type, cause.`prov:label` AS name
ORDER BY type, name
