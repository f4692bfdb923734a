// Which run has the best accuracy, and who wrote its code?
MATCH (run:Entity:Run)-[:hadMember]->(metric:Entity:Metric {name: "accuracy"}),
      (run)-[:wasGeneratedBy]->(:Creation)-[:wasInformedBy]->(commit:Commit),
      (commit)-[association:wasAssociatedWith]->(author:User)
WHERE "Author" IN [] + association.`prov:role`
RETURN run.`prov:label` AS run, metric.value AS accuracy, author.name AS author
ORDER BY accuracy DESC, run
LIMIT 1
