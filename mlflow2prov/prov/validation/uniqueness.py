"""Uniqueness constraints (PROV-CONSTRAINTS section 6.1): statements are merged, variables unified.

A variable is an absent optional argument or identifier. All terms, variables and names, that some
constraint equates form a class. If a class has one name, its variables are replaced by the name, so
that further statements may have to be merged. This is repeated until nothing changes, which takes a
few rounds: a name passes from identifiers to arguments to identifiers, and hardly ever further. A
class with two names is a violation, and its statements stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.kinds import KIND, KINDS
from mlflow2prov.prov.validation.graph import components
from mlflow2prov.prov.validation.inference import INFLUENCES
from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray
from mlflow2prov.prov.validation.repetition import UNIQUE_EVENTS, UNIQUE_TIMES, repeating_rows
from mlflow2prov.prov.validation.rules import CONSTRAINT, UNIQUE_MENTION, Rule

_KEY_CONSTRAINTS = {
    kind.name: CONSTRAINT[22 if kind.element else 23] for kind in KINDS if kind.identified
}
_NOT_EXPANDABLE = {("wasAssociatedWith", "plan"), ("wasDerivedFrom", "activity")} | {
    (kind.name, argument.name) for kind in KINDS for argument in kind.arguments if argument.required
}
"""Arguments whose absence is not a variable but means that there is no such thing (Definition 4)."""

_EXPANDABLE_WITH_ACTIVITY = ("generation", "usage")
"""Arguments of a derivation whose absence is a variable only if the derivation has an activity."""

KINDS_WITH_SHARED_IDENTIFIERS = ("wasDerivedFrom", "wasInfluencedBy")
"""The influences that may share identifiers with other kinds, because Constraint 53 omits them."""


@dataclass
class TermTable:
    """Statements of a kind, and then inferred ones, as columns of terms.

    Attributes:
        columns: the terms of each argument. Names are 0 or more, variables are less than
            ``MISSING``, and a placeholder is ``MISSING``.
        rows: the rows of the instance that the first terms are from.
        statements: the number of the statement, or of the one from which it is inferred.
        original_columns: the columns before unification.
    """

    columns: dict[str, IntegerArray]
    rows: IntegerArray
    statements: IntegerArray
    original_columns: dict[str, IntegerArray] = field(init=False)

    def __post_init__(self) -> None:
        self.original_columns = dict(self.columns)

    def identifiers(self) -> IntegerArray:
        """Return the identifiers that are names, each once."""
        ids = self.columns["id"]
        return np.unique(ids[ids >= 0])

    def append(self, columns: Mapping[str, IntegerArray], statements: IntegerArray) -> None:
        """Append inferred statements."""
        for argument, terms in columns.items():
            self.columns[argument] = np.concatenate([self.columns[argument], terms])
        self.statements = np.concatenate([self.statements, statements])
        self.original_columns = dict(self.columns)


@dataclass(frozen=True)
class Equalities:
    """Pairs of terms that a constraint equates, and the statements in which they occur."""

    rule: Rule
    kind: str
    argument: str
    left: IntegerArray
    right: IntegerArray
    left_statements: IntegerArray
    right_statements: IntegerArray

    def select(self, rows: NDArray[np.bool_]) -> Equalities:
        """Return the equalities for which ``rows`` is true."""
        return replace(
            self,
            left=self.left[rows],
            right=self.right[rows],
            left_statements=self.left_statements[rows],
            right_statements=self.right_statements[rows],
        )


def term_tables(instance: Instance) -> dict[str, TermTable]:
    """Return the terms of the statements that :func:`~.repetition.repeating_rows` selects, and of those that
    Inferences 11 and 15 add."""
    tables: dict[str, TermTable] = {}
    next_variable = MISSING - 1
    for kind, rows in repeating_rows(instance).items():
        columns: dict[str, IntegerArray] = {}
        for argument in instance.columns[kind]:
            columns[argument] = _expand(instance, kind, argument, rows, next_variable)
            next_variable -= len(rows)
        tables[kind] = TermTable(columns, rows, instance.first_statement[kind] + rows)
    _infer_events_of_derivations(tables, next_variable)
    _infer_influences(tables)
    return tables


def _expand(
    instance: Instance, kind: str, argument: str, rows: IntegerArray, next_variable: int
) -> IntegerArray:
    """Return rows of a column with variables in place of expandable placeholders (Definitions 1 to 4).

    Variables count down from ``next_variable``.
    """
    numbers = instance.column(kind, argument)[rows].astype(np.int64)
    if (kind, argument) in _NOT_EXPANDABLE:
        return numbers
    keeps_number = numbers != MISSING
    if argument in _EXPANDABLE_WITH_ACTIVITY:
        keeps_number |= instance.column(kind, "activity")[rows] == MISSING
    return np.where(keeps_number, numbers, next_variable - np.arange(len(numbers)))


def _infer_events_of_derivations(tables: Mapping[str, TermTable], next_variable: int) -> None:
    """Add the usages and generations that derivations imply (Inference 11).

    Derivations that give no identifier are left out, because nothing can contradict their events.
    """
    derivations = tables["wasDerivedFrom"]
    columns = derivations.columns
    has_identifier = (columns["id"] >= 0) | (columns["generation"] >= 0) | (columns["usage"] >= 0)
    rows = np.flatnonzero((columns["activity"] != MISSING) & has_identifier)
    for kind, derivation_arguments in (
        ("wasGeneratedBy", ("generation", "generatedEntity", "activity")),
        ("used", ("usage", "activity", "usedEntity")),
    ):
        times = next_variable - np.arange(len(rows))
        next_variable -= len(rows)
        arguments = ("id", *(argument.name for argument in KIND[kind].arguments))
        terms = [*(columns[argument][rows] for argument in derivation_arguments), times]
        tables[kind].append(dict(zip(arguments, terms, strict=True)), derivations.statements[rows])


def _infer_influences(tables: Mapping[str, TermTable]) -> None:
    """Add the influences that relations imply, where kinds share identifiers (Inference 15).

    Identifiers that violate Constraint 53 are left out, so that they are reported once.
    """
    identifiers = {kind: tables[kind].identifiers() for kind in INFLUENCES}
    names, kind_counts = np.unique(np.concatenate(list(identifiers.values())), return_counts=True)
    disjoint_names, disjoint_counts = np.unique(
        np.concatenate(
            [identifiers[kind] for kind in INFLUENCES if kind not in KINDS_WITH_SHARED_IDENTIFIERS]
        ),
        return_counts=True,
    )
    impossible_names = disjoint_names[disjoint_counts > 1]
    shared_names = np.setdiff1d(names[kind_counts > 1], impossible_names, assume_unique=True)
    if not len(shared_names):
        return
    for kind, (influencee, influencer) in INFLUENCES.items():
        if kind == "wasInfluencedBy":
            continue
        columns = tables[kind].columns
        rows = np.flatnonzero(np.isin(columns["id"], shared_names))
        influences = {
            "id": columns["id"][rows],
            "influencee": columns[influencee][rows],
            "influencer": columns[influencer][rows],
        }
        tables["wasInfluencedBy"].append(influences, tables[kind].statements[rows])


def unify_terms(tables: Mapping[str, TermTable]) -> list[Equalities]:
    """Merge statements and unify variables in place; return the equalities that cannot hold.

    Key constraints (22, 23) come first, so that a contradiction is reported for the constraint that
    it is about.
    """
    while True:
        conflicts: list[Equalities] = []
        for constraints in (_key_constraints, _unique_events, _unique_times):
            equalities = list(constraints(tables))
            unifiable = [
                each.select((each.left < MISSING) | (each.right < MISSING)) for each in equalities
            ]
            if any(len(each.left) for each in unifiable):
                _substitute(
                    tables,
                    np.concatenate([each.left for each in unifiable]),
                    np.concatenate([each.right for each in unifiable]),
                )
                break
            conflicts += [_without_consequences(each, conflicts) for each in equalities]
        else:
            return [each for each in conflicts if len(each.left)]


def _without_consequences(equalities: Equalities, conflicts: list[Equalities]) -> Equalities:
    """Remove the equalities that repeat earlier conflicts: the same terms in the same statements."""
    if not len(equalities.left) or not conflicts:
        return equalities
    keys = np.concatenate([_unordered_key(each.left, each.right) for each in conflicts])
    statements = np.concatenate(
        [side for each in conflicts for side in (each.left_statements, each.right_statements)]
    )
    is_consequence = np.isin(_unordered_key(equalities.left, equalities.right), keys) & (
        np.isin(equalities.left_statements, statements)
        | np.isin(equalities.right_statements, statements)
    )
    return equalities.select(~is_consequence)


def _unordered_key(left: IntegerArray, right: IntegerArray) -> IntegerArray:
    """Return a hash of each pair that does not depend on the order of its terms."""
    return np.minimum(left, right) * 31 + np.maximum(left, right)


def _substitute(tables: Mapping[str, TermTable], left: IntegerArray, right: IntegerArray) -> None:
    """Replace all variables of a class by one term: its name, if it has one."""
    terms, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    labels = components(places[: len(left)], places[len(left) :], len(terms), "weak")
    # Terms are in ascending order, and names are greater than variables.
    greatest_terms = np.full(labels.max() + 1, terms[0])
    np.maximum.at(greatest_terms, labels, terms)
    is_variable = terms < MISSING
    variables, replacements = terms[is_variable], greatest_terms[labels][is_variable]
    for table in tables.values():
        for argument, column in table.columns.items():
            rows = np.flatnonzero((column < MISSING) & (column >= variables[0]))
            matches = np.searchsorted(variables, column[rows])
            matches[matches == len(variables)] = 0
            is_match = variables[matches] == column[rows]
            if is_match.any():
                substituted = column.copy()
                substituted[rows[is_match]] = replacements[matches[is_match]]
                table.columns[argument] = substituted


def _key_constraints(tables: Mapping[str, TermTable]) -> Iterator[Equalities]:
    """Yield unequal arguments of statements that have the same identifier (22 and 23)."""
    for kind, rule in _KEY_CONSTRAINTS.items():
        arguments = [argument.name for argument in KIND[kind].arguments]
        yield from _functional_dependency(tables[kind], rule, kind, ("id",), arguments)
    yield from _functional_dependency(
        tables["mentionOf"],
        UNIQUE_MENTION,
        "mentionOf",
        ("specificEntity",),
        ["generalEntity", "bundle"],
    )


def _unique_events(tables: Mapping[str, TermTable]) -> Iterator[Equalities]:
    """Yield unequal identifiers of events that are the same event (24 to 27)."""
    for number, (kind, keys) in UNIQUE_EVENTS.items():
        yield from _functional_dependency(tables[kind], CONSTRAINT[number], kind, keys, ["id"])


def _unique_times(tables: Mapping[str, TermTable]) -> Iterator[Equalities]:
    """Yield times of starts and ends that are not those of their activities (28 and 29)."""
    for number, (kind, argument) in UNIQUE_TIMES.items():
        yield _activity_times(tables, CONSTRAINT[number], kind, argument)


def _functional_dependency(
    table: TermTable, rule: Rule, kind: str, keys: Sequence[str], arguments: list[str]
) -> Iterator[Equalities]:
    """Yield unequal terms of ``arguments`` in statements that agree in ``keys``."""
    rows, begins, sizes = _groups([table.columns[key] for key in keys])
    if not len(rows):
        return
    groups = np.repeat(begins, sizes)
    statements = table.statements[rows]
    for argument in arguments:
        terms = table.columns[argument][rows]
        # The greatest term of a group is a name, if the group has one.
        group_terms = np.repeat(np.maximum.reduceat(terms, begins), sizes)
        differs = terms != group_terms
        if not differs.any():
            continue
        # Statements that have the term themselves explain a conflict better than statements that
        # have it from unification.
        is_original = table.original_columns[argument][rows] == terms
        representatives = _first_place(_prefer(~differs, is_original, groups), groups)
        is_conflict = differs & (terms >= MISSING) & (group_terms >= MISSING)
        differs = (differs & ~is_conflict) | _prefer(is_conflict, is_original, groups)
        yield Equalities(
            rule,
            kind,
            argument,
            group_terms[differs],
            terms[differs],
            statements[representatives[differs]],
            statements[differs],
        )


def _prefer(
    candidates: NDArray[np.bool_], is_preferred: NDArray[np.bool_], groups: IntegerArray
) -> NDArray[np.bool_]:
    """Return the preferred candidates of each group, or all candidates of a group without any."""
    preferred = candidates & is_preferred
    return preferred | (candidates & ~np.isin(groups, groups[preferred]))


def _first_place(is_candidate: NDArray[np.bool_], groups: IntegerArray) -> IntegerArray:
    """Return for each row the place of the first candidate in its group; groups are ascending."""
    places = np.flatnonzero(is_candidate)
    return np.asarray(places[np.searchsorted(groups[places], groups)])


def _groups(keys: Sequence[IntegerArray]) -> tuple[IntegerArray, IntegerArray, IntegerArray]:
    """Group the rows with repeated keys; rows whose first key is absent belong to no group.

    Returns:
        The rows, group by group; the place where each group begins; the size of each group.
    """
    key = keys[0] if len(keys) == 1 else _combined_key(*keys)
    order = np.argsort(key, kind="stable")
    order = order[keys[0][order] != MISSING]
    ordered = key[order]
    equals_next = ordered[1:] == ordered[:-1]
    if not equals_next.any():
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    is_repeated = np.append(equals_next, False) | np.insert(equals_next, 0, False)
    rows, ordered = order[is_repeated], ordered[is_repeated]
    begins = np.flatnonzero(np.insert(ordered[1:] != ordered[:-1], 0, True))
    return rows, begins, np.diff(np.append(begins, len(rows)))


def _combined_key(left: IntegerArray, right: IntegerArray) -> IntegerArray:
    """Return one number for each pair of numbers; equal pairs have equal numbers.

    Numbers have 32 bits, because a document of 2 ** 31 arguments does not fit into memory.
    """
    return (left << 32) | (right & 0xFFFFFFFF)


def _activity_times(
    tables: Mapping[str, TermTable], rule: Rule, kind: str, argument: str
) -> Equalities:
    """Return unequal times of starts, or ends, and of their activities."""
    activities, events = tables["activity"], tables[kind]
    # Among several statements about an activity, the one that has the time itself comes first.
    is_original = activities.original_columns[argument] == activities.columns[argument]
    order = np.lexsort((~is_original, activities.columns["id"]))
    ids = activities.columns["id"][order]
    places = np.searchsorted(ids, events.columns["activity"])
    event_rows = np.flatnonzero(places < len(ids))
    is_match = ids[places[event_rows]] == events.columns["activity"][event_rows]
    event_rows = event_rows[is_match]
    activity_rows = order[places[event_rows]]
    left = activities.columns[argument][activity_rows]
    right = events.columns["time"][event_rows]
    equalities = Equalities(
        rule,
        kind,
        "time",
        left,
        right,
        activities.statements[activity_rows],
        events.statements[event_rows],
    )
    has_own_time = events.original_columns["time"][event_rows] == right
    is_conflict = (left != right) & (left >= MISSING) & (right >= MISSING)
    differs = (left != right) & ~is_conflict
    return equalities.select(differs | _prefer(is_conflict, has_own_time, activity_rows))


def replace_unified_variables(instance: Instance, tables: Mapping[str, TermTable]) -> None:
    """Put the names that unification gave to absent arguments into the instance."""
    for kind, columns in instance.columns.items():
        table = tables[kind]
        for argument, numbers in columns.items():
            terms = table.columns[argument][: len(table.rows)]
            numbers[table.rows] = np.where(terms < MISSING, MISSING, terms)
