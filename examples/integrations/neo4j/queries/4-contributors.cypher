// Who contributed most to the files behind the second version of the model "wine"?
MATCH (version:RegisteredModelVersion {`prov:label`: "wine 2"})
      -[:wasDerivedFrom|wasGeneratedBy|used*1..]->(source:FileRevision)-[:specializationOf]->(file:File)
WITH DISTINCT file
MATCH (revision:FileRevision)-[:specializationOf]->(file), (revision)-[:wasAttributedTo]->(author:User)
RETURN author.name AS author, count(DISTINCT revision) AS revisions
ORDER BY revisions DESC, author
