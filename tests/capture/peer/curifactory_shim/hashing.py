"""``curifactory.hashing``."""

from mlflow2prov.capture.stages.hashing import *  # noqa: F403
from mlflow2prov.capture.stages.hashing import combination_hash, parameter_registry

param_set_string_hash_representations = parameter_registry


def add_params_combo_hash(record, records, *_):
    return combination_hash(record.params, [other.get_hash() for other in records])
