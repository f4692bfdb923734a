"""SQL macros for expressions that recur: names in any namespace, and the attributes of a statement.

``attributes`` is a list of structs with the fields ``key``, ``value``, ``type`` and ``lang``. Names
of our vocabulary are compared by their local part, because ``extract --namespace`` chooses their
namespace.

    local_name(name)          'ex:Run' -> 'Run'
    is_named(name, local)     whether the local part of a qualified name is ``local``
    attrs(attributes, key)    the attributes with a key, which is compared as a whole if it has a prefix, else by its
                              local part
    attr(attributes, key)     the value of the first of these, or NULL
    is_a(attributes, type)    whether one of the values of prov:type has the local part ``type``
    domain_type(attributes)   the local part of the first type that is not one of PROV's own, or NULL
    identifier_digest(text)   :func:`mlflow2prov.vocabulary.identifier_digest` of a joined text
"""

from mlflow2prov.vocabulary import DIGEST_LENGTH

MACROS = (
    "local_name(name) AS regexp_extract(name, '[^:]*$')",
    "is_named(name, local) AS (name = local OR ends_with(name, ':' || local))",
    """
    attrs(attributes, wanted) AS list_filter(
        attributes,
        lambda attribute: CASE
            WHEN contains(wanted, ':') THEN attribute.key = wanted
            ELSE is_named(attribute.key, wanted)
        END
    )
    """,
    "attr(attributes, wanted) AS attrs(attributes, wanted)[1].value",
    """
    is_a(attributes, wanted) AS len(list_filter(
        attributes,
        lambda attribute: attribute.key = 'prov:type' AND is_named(attribute.value, wanted)
    )) > 0
    """,
    """
    domain_type(attributes) AS local_name(list_filter(
        attributes,
        lambda attribute: attribute.key = 'prov:type' AND NOT starts_with(attribute.value, 'prov:')
    )[1].value)
    """,
    f"identifier_digest(parts) AS substr(sha256(parts), 1, {DIGEST_LENGTH})",
)
