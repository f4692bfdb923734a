"""A reference validator: PROV-CONSTRAINTS rule by rule, as its text states them, for a few statements.

Statements are tuples ``(kind, id, *arguments)`` without attributes. The last argument of an entity is whether it is
an empty collection, and that of a derivation is whether it is a revision. All inferences are applied until nothing
changes, existential ones only where no statement fulfils them yet, and so are all uniqueness constraints.
"""

import itertools

import networkx

from mlflow2prov.prov.kinds import KINDS, ArgumentType

NONE = "-"
_numbers = itertools.count()
_EXPANDABLE = {
    "activity": (0, 1),
    "wasGeneratedBy": (1, 2),
    "used": (1, 2),
    "wasStartedBy": (1, 2, 3),
    "wasEndedBy": (1, 2, 3),
    "wasInvalidatedBy": (1, 2),
    "wasAssociatedWith": (1,),
    "actedOnBehalfOf": (2,),
}
_INFLUENCES = {
    "wasGeneratedBy": (0, 1),
    "used": (0, 1),
    "wasInformedBy": (0, 1),
    "wasStartedBy": (0, 1),
    "wasEndedBy": (0, 1),
    "wasInvalidatedBy": (0, 1),
    "wasDerivedFrom": (0, 1),
    "wasAttributedTo": (0, 1),
    "wasAssociatedWith": (0, 1),
    "actedOnBehalfOf": (0, 1),
}
_KEYED = [kind.name for kind in KINDS if kind.identified]


class InvalidError(Exception):
    """The instance is not valid."""


def new():
    return next(_numbers)


def is_variable(term):
    return isinstance(term, int) and not isinstance(term, bool)


def is_valid(statements):
    """Return whether the statements of one instance are valid; ``NONE`` is a missing argument."""
    try:
        normal = normalized({expanded(statement) for statement in statements})
        check_order(normal)
        check_types(normal)
    except InvalidError:
        return False
    return True


def expanded(statement):
    """Return a statement with variables for missing arguments (Definitions 1 and 4)."""
    kind, id_, *arguments = statement
    if kind in _KEYED and id_ == NONE:
        id_ = new()
    for place in _EXPANDABLE.get(kind, ()):
        if arguments[place] == NONE:
            arguments[place] = new()
    if kind == "wasDerivedFrom" and arguments[2] != NONE:
        arguments[3:5] = [new() if each == NONE else each for each in arguments[3:5]]
    return (kind, id_, *arguments)


def normalized(instance):
    while True:
        merged = unified(instance)
        more = merged | inferred(merged)
        if more == instance:
            return instance
        instance = more


def of(instance, kind):
    return [statement[1:] for statement in instance if statement[0] == kind]


def inferred(instance):
    """Return the statements that one round of Inferences 5 to 21 adds."""
    more = set()
    gen, used = of(instance, "wasGeneratedBy"), of(instance, "used")
    started, ended = of(instance, "wasStartedBy"), of(instance, "wasEndedBy")
    associated, informed = of(instance, "wasAssociatedWith"), of(instance, "wasInformedBy")
    entities, derived = of(instance, "entity"), of(instance, "wasDerivedFrom")
    alternate, special = of(instance, "alternateOf"), of(instance, "specializationOf")
    for _, a2, a1 in informed:  # 5
        if not any(g[2] == a1 and u[1] == a2 and g[1] == u[2] for g in gen for u in used):
            e = new()
            more |= {("wasGeneratedBy", new(), e, a1, new()), ("used", new(), a2, e, new())}
    for (_, e, a1, _), (_, a2, f, _) in itertools.product(gen, used):  # 6
        if e == f and not any(i[1:] == (a2, a1) for i in informed):
            more.add(("wasInformedBy", new(), a2, a1))
    for e, _ in entities:  # 7
        if not any(g[1] == e for g in gen):
            more.add(("wasGeneratedBy", new(), e, new(), new()))
        if not any(i[1] == e for i in of(instance, "wasInvalidatedBy")):
            more.add(("wasInvalidatedBy", new(), e, new(), new()))
    for a, t1, t2 in of(instance, "activity"):  # 8
        if not any(s[1] == a and s[4] == t1 for s in started):
            more.add(("wasStartedBy", new(), a, new(), new(), t1))
        if not any(s[1] == a and s[4] == t2 for s in ended):
            more.add(("wasEndedBy", new(), a, new(), new(), t2))
    for _, _, e1, a1, _ in started + ended:  # 9 and 10
        if not any(g[1:3] == (e1, a1) for g in gen):
            more.add(("wasGeneratedBy", new(), e1, a1, new()))
    for _, e2, e1, a, g2, u1, is_revision in derived:
        if NONE not in (a, g2, u1):  # 11
            if not any(u[:3] == (u1, a, e1) for u in used):
                more.add(("used", u1, a, e1, new()))
            if not any(g[:3] == (g2, e2, a) for g in gen):
                more.add(("wasGeneratedBy", g2, e2, a, new()))
        if is_revision:  # 12
            more.add(("alternateOf", NONE, e2, e1))
    for _, e, ag in of(instance, "wasAttributedTo"):  # 13
        if not any(g[1] == e and s[1:3] == (g[2], ag) for g in gen for s in associated):
            a = new()
            more.add(("wasGeneratedBy", new(), e, a, new()))
            more.add(("wasAssociatedWith", new(), a, ag, new()))
    for _, ag1, ag2, a in of(instance, "actedOnBehalfOf"):  # 14
        for ag in (ag1, ag2):
            if not any(s[1:3] == (a, ag) for s in associated):
                more.add(("wasAssociatedWith", new(), a, ag, new()))
    for kind, (first, second) in _INFLUENCES.items():  # 15
        for id_, *arguments in of(instance, kind):
            more.add(("wasInfluencedBy", id_, arguments[first], arguments[second]))
    more |= {("alternateOf", NONE, e, e) for e, _ in entities}  # 16
    for (_, e1, e2), (_, e3, e4) in itertools.product(alternate, alternate):  # 17
        if e2 == e3:
            more.add(("alternateOf", NONE, e1, e4))
    more |= {("alternateOf", NONE, e2, e1) for _, e1, e2 in alternate}  # 18
    for (_, e1, e2), (_, e3, e4) in itertools.product(special, special):  # 19
        if e2 == e3:
            more.add(("specializationOf", NONE, e1, e4))
    more |= {("alternateOf", NONE, e1, e2) for _, e1, e2 in special}  # 20
    for (e1, is_empty), (_, e2, general) in itertools.product(entities, special):  # 21
        if e1 == general:
            more.add(("entity", e2, is_empty))
    return more


def unified(instance):
    """Return the instance with equal terms united (Constraints 22 to 29)."""
    while True:
        pair = next((pair for pair in equal(instance) if pair[0] != pair[1]), None)
        if pair is None:
            break
        one, other = pair if is_variable(pair[0]) else pair[::-1]
        # A variable cannot be a missing argument.
        if not is_variable(one) or other == NONE:
            raise InvalidError
        instance = {tuple(other if is_variable(t) and t == one else t for t in s) for s in instance}
    empty = {s[1] for s in instance if s[0] == "entity" and s[2]}
    return {("entity", s[1], s[1] in empty) if s[0] == "entity" else s for s in instance}


def equal(instance):
    """Yield pairs of terms that must be equal."""
    for kind in _KEYED:
        # The attributes of merged statements are united; they are not terms.
        last = -1 if kind in ("entity", "wasDerivedFrom") else None
        for one, other in itertools.combinations(of(instance, kind), 2):
            if one[0] == other[0]:
                yield from zip(one[1:last], other[1:last], strict=True)
    for kind, keys in (
        ("wasGeneratedBy", (1, 2)),
        ("wasInvalidatedBy", (1, 2)),
        ("wasStartedBy", (1, 3)),
        ("wasEndedBy", (1, 3)),
    ):
        for one, other in itertools.combinations(of(instance, kind), 2):
            if all(one[key] == other[key] for key in keys):
                yield one[0], other[0]
    for a, t1, t2 in of(instance, "activity"):
        yield from ((t1, s[4]) for s in of(instance, "wasStartedBy") if s[1] == a)
        yield from ((t2, s[4]) for s in of(instance, "wasEndedBy") if s[1] == a)


def order(instance):
    """Yield two events of which the first precedes the second, and whether strictly (Constraints 30 to 49)."""
    gen, used = of(instance, "wasGeneratedBy"), of(instance, "used")
    started, ended = of(instance, "wasStartedBy"), of(instance, "wasEndedBy")
    invalid, derived = of(instance, "wasInvalidatedBy"), of(instance, "wasDerivedFrom")

    def by(events, name, place=1):
        return [event[0] for event in events if event[place] == name]

    def each(befores, afters, strict=False):
        return [(one, other, strict) for one in befores for other in afters]

    names = {term for statement in instance for term in statement[1:]}
    for x in names:
        g, i, s, e = (by(events, x) for events in (gen, invalid, started, ended))
        yield from each(s, e) + each(s, s) + each(e, e)  # 30, 31, 32
        yield from each(s, by(used, x)) + each(by(used, x), e)  # 33
        yield from each(s, by(gen, x, 2)) + each(by(gen, x, 2), e)  # 34
        yield from each(g, i) + each(g, by(used, x, 2)) + each(by(used, x, 2), i)  # 36, 37, 38
        yield from each(g, g) + each(i, i)  # 39, 40
        yield from each(g, by(started, x, 2)) + each(by(started, x, 2), i)  # 43
        yield from each(g, by(ended, x, 2)) + each(by(ended, x, 2), i)  # 44
    for _, a2, a1 in of(instance, "wasInformedBy"):  # 35
        yield from each(by(started, a1), by(ended, a2))
    for _, e2, e1, a, g2, u1, _ in derived:
        if NONE not in (a, g2, u1):  # 41
            yield u1, g2, False
        yield from each(by(gen, e1), by(gen, e2), strict=True)  # 42
    for _, e2, e1 in of(instance, "specializationOf"):
        yield from each(by(gen, e1), by(gen, e2))  # 45
        yield from each(by(invalid, e2), by(invalid, e1))  # 46
    for _, a, ag, _ in of(instance, "wasAssociatedWith"):  # 47
        yield from each(by(started, a), by(invalid, ag)) + each(by(gen, ag), by(ended, a))
        yield from each(by(started, a), by(ended, ag)) + each(by(started, ag), by(ended, a))
    for _, e, ag in of(instance, "wasAttributedTo"):  # 48
        yield from each(by(gen, ag), by(gen, e)) + each(by(started, ag), by(gen, e))
    for _, ag2, ag1, _ in of(instance, "actedOnBehalfOf"):  # 49
        yield from each(by(gen, ag1), by(invalid, ag2)) + each(by(started, ag1), by(ended, ag2))


def check_order(instance):
    graph = networkx.DiGraph()
    pairs = list(order(instance))
    graph.add_edges_from((before, after) for before, after, _ in pairs)
    for before, after, strict in pairs:
        if strict and networkx.has_path(graph, after, before):
            raise InvalidError


def check_types(instance):
    """Raise an error if a name has types that exclude each other (Constraints 50 to 56)."""
    entities, activities = set(), set()
    for kind in KINDS:
        for statement in of(instance, kind.name):
            if kind.name in ("entity", "activity"):
                (entities if kind.name == "entity" else activities).add(statement[0])
                continue
            for argument, term in zip(kind.arguments, statement[1:], strict=False):
                if term != NONE:
                    entities |= {term} if argument.type is ArgumentType.ENTITY else set()
                    activities |= {term} if argument.type is ArgumentType.ACTIVITY else set()
    if entities & activities:
        raise InvalidError
    for _, _, _, a, g, u, _ in of(instance, "wasDerivedFrom"):  # 51
        if a == NONE and (g, u) != (NONE, NONE):
            raise InvalidError
    if any(one == other for _, one, other in of(instance, "specializationOf")):  # 52
        raise InvalidError
    ids = {kind: {s[0] for s in of(instance, kind)} for kind in _KEYED}
    disjoint = set(_INFLUENCES) - {"wasDerivedFrom"}
    for one, other in itertools.combinations(disjoint, 2):  # 53
        if ids[one] & ids[other]:
            raise InvalidError
    for element in ("entity", "activity", "agent"):  # 54
        if any(ids[element] & ids[kind] for kind in (*_INFLUENCES, "wasInfluencedBy")):
            raise InvalidError
    empty = {e for e, is_empty in of(instance, "entity") if is_empty}
    if any(collection in empty for _, collection, _ in of(instance, "hadMember")):  # 56
        raise InvalidError
