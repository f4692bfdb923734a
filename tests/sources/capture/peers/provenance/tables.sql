CREATE TABLE artifact_set_members (
    set_id character varying(40) NOT NULL,
    artifact_id character varying(40) NOT NULL
);
CREATE TABLE artifact_sets (
    id integer NOT NULL,
    set_id character varying(40),
    labels jsonb,
    created_at timestamp without time zone
);
CREATE TABLE artifacts (
    id character varying(40) NOT NULL,
    value_id character varying(50),
    run_id character varying(40),
    name character varying(1000),
    version integer,
    fn_module character varying(100),
    fn_name character varying(100),
    composite boolean,
    value_id_duration double precision,
    compute_duration double precision,
    hash_duration double precision,
    computed_at timestamp without time zone,
    added_at timestamp without time zone,
    input_artifact_ids character varying(40)[],
    inputs_json jsonb,
    serializer character varying(128),
    load_kwargs jsonb,
    dump_kwargs jsonb,
    custom_fields jsonb
);
CREATE TABLE runs (
    id character varying(40) NOT NULL,
    hostname character varying(256),
    info jsonb,
    created_at timestamp without time zone
);
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', 'a935019dfbad3ad27987f1cd7bf4107c');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', 'ae2fb48c11519f9c3cfbdfe04e688f18');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', '985bb63f6c524f53886576844eec17b3');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', 'e5138df4ece6decc3fd485388fa8d209');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', '2f29b69b3f3b34ec6e43426bc7cda0e5');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', '2cd271579bbe10b9fa1f76c5caad9e55');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', 'b0cd21a9a39c745f6541f09d37f7a0f1');
INSERT INTO artifact_set_members VALUES ('2f2b256b708f31e65cf934ac2eaffa79', 'd6b0314e97c26c82799e5b2ec4b7d1a7');
INSERT INTO artifact_sets VALUES (1, '2f2b256b708f31e65cf934ac2eaffa79', '{"name": "wine"}', '2026-11-29 09:25:15.597576');
INSERT INTO artifacts VALUES ('985bb63f6c524f53886576844eec17b3', '3df3562680d31e8317f0a314b68fd07e', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.load', 0, '__main__', 'load', false, 2.288818359375e-05, 1.9311904907226562e-05, 9.417533874511719e-05, '2026-11-29 09:25:15.360179', '2026-11-29 09:25:15.401132', '{}', '{"path": "data.csv", "__varargs": []}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('a935019dfbad3ad27987f1cd7bf4107c', 'fbc5bd844b50123eb699f4692d2416f3', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.split_train', 2, '__main__', 'split', false, 5.7220458984375e-05, 1.6927719116210938e-05, 4.57763671875e-05, '2026-11-29 09:25:15.448021', '2026-11-29 09:25:15.472161', '{985bb63f6c524f53886576844eec17b3}', '{"at": 2, "data": {"id": "985bb63f6c524f53886576844eec17b3", "name": "__main__.load", "type": "ArtifactProxy"}, "__varargs": []}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('b0cd21a9a39c745f6541f09d37f7a0f1', '8e9b66fa24e20e260b7b097ec8102127', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.split_test', 2, '__main__', 'split', false, 0.00014281272888183594, 1.6927719116210938e-05, 0.00012874603271484375, '2026-11-29 09:25:15.448021', '2026-11-29 09:25:15.496569', '{985bb63f6c524f53886576844eec17b3}', '{"at": 2, "data": {"id": "985bb63f6c524f53886576844eec17b3", "name": "__main__.load", "type": "ArtifactProxy"}, "__varargs": []}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('2cd271579bbe10b9fa1f76c5caad9e55', '93b36b1353857b0fb11b849541aca19a', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.split', 2, '__main__', 'split', true, 0.00011372566223144531, 1.6927719116210938e-05, 0.0002117156982421875, '2026-11-29 09:25:15.448021', '2026-11-29 09:25:15.512725', '{985bb63f6c524f53886576844eec17b3}', '{"at": 2, "data": {"id": "985bb63f6c524f53886576844eec17b3", "name": "__main__.load", "type": "ArtifactProxy"}, "__varargs": []}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('e5138df4ece6decc3fd485388fa8d209', '74910e0cdcbde78f96f9ef47d1ea4b3c', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.fit', 0, '__main__', 'fit', false, 1.0967254638671875e-05, 1.0967254638671875e-05, 0.0002560615539550781, '2026-11-29 09:25:15.517981', '2026-11-29 09:25:15.532588', '{a935019dfbad3ad27987f1cd7bf4107c}', '{"note": null, "rate": 0.1, "train": {"id": "a935019dfbad3ad27987f1cd7bf4107c", "name": "__main__.split_train", "type": "ArtifactProxy"}, "password": "s3cr3t", "__varargs": []}', 'joblib', 'null', 'null', '{"tags": ["model"]}');
INSERT INTO artifacts VALUES ('d6b0314e97c26c82799e5b2ec4b7d1a7', '74910e0cdcbde78f96f9ef47d1ea4b3c', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.same', 0, '__main__', 'same', false, 1.4781951904296875e-05, 1.0013580322265625e-05, 0.0001938343048095703, '2026-11-29 09:25:15.537784', '2026-11-29 09:25:15.548693', '{e5138df4ece6decc3fd485388fa8d209}', '{"x": {"id": "e5138df4ece6decc3fd485388fa8d209", "name": "__main__.fit", "type": "ArtifactProxy"}, "__varargs": []}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('ae2fb48c11519f9c3cfbdfe04e688f18', 'b6ed8c4a70a8a910ab325e1997e3bdd4', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.total', 0, '__main__', 'total', false, 8.106231689453125e-06, 1.4781951904296875e-05, 0.0002422332763671875, '2026-11-29 09:25:15.557947', '2026-11-29 09:25:15.568443', '{d6b0314e97c26c82799e5b2ec4b7d1a7,e5138df4ece6decc3fd485388fa8d209}', '{"extra": [{"deep": "<provenance.ArtifactProxy(d6b0314e97c26c82799e5b2ec4b7d1a7) <provenance.ArtifactProxy(e5138df4ece6decc3fd485388fa8d209) {''weight'': 0.2} > >"}], "__varargs": [["<provenance.ArtifactProxy(e5138df4ece6decc3fd485388fa8d209) {''weight'': 0.2} >", "<provenance.ArtifactProxy(d6b0314e97c26c82799e5b2ec4b7d1a7) <provenance.ArtifactProxy(e5138df4ece6decc3fd485388fa8d209) {''weight'': 0.2} > >"]]}', 'joblib', 'null', 'null', '{}');
INSERT INTO artifacts VALUES ('2f29b69b3f3b34ec6e43426bc7cda0e5', '3d522deaf85577451c01974654b36ad3.txt', 'ddce6126a38ebd9d1a4f3ad6adb2390f', '__main__.export', 0, '__main__', 'export', false, 6.341934204101562e-05, 0.0002429485321044922, 0.00017762184143066406, '2026-11-29 09:25:15.57602', '2026-11-29 09:25:15.588844', '{d6b0314e97c26c82799e5b2ec4b7d1a7}', '{"model": {"id": "d6b0314e97c26c82799e5b2ec4b7d1a7", "name": "__main__.same", "type": "ArtifactProxy"}, "__varargs": []}', 'file', '{}', '{"delete_original": false}', '{}');
INSERT INTO runs VALUES ('ddce6126a38ebd9d1a4f3ad6adb2390f', 'laptop', '{"id": "ddce6126a38ebd9d1a4f3ad6adb2390f", "host": {"system": "Linux", "machine": "x86_64", "release": "6.1", "version": "#1 SMP PREEMPT_DYNAMIC @0", "nodename": "laptop", "platform": "Linux-6.1-x86_64", "cpu_count": 2, "processor": ""}, "process": {"cwd": "/home/ada/wine", "exe": "/usr/bin/python3.11", "name": "python", "cmdline": ["python", "program.py", "postgresql://ada:s3cr3t@127.0.0.1:5432/provf"], "num_fds": 7, "num_threads": 3}, "created_at": "2026-11-29 09:25:15.264650"}', '2026-11-29 09:25:15.26465');
