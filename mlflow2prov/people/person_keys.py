"""Keys whose values are people: of attributes, tags, trailers, JSON, options and environment variables.

A key is compared word by word, whatever its spelling: ``Reviewed-by``, ``reviewed_by``, ``reviewedBy`` and
``REVIEWED_BY`` are one key. Its last words decide: ``labels.user``, ``MLFLOW_TRACKING_USERNAME``, ``Change-Owner``.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NAMES = (
    "user username userid user-name user-id login logname log-name ldap nickname full-name hostname email e-mail "
    "emails mailbox"
)
_ROLES = (
    "acknowledgement acknowledgment approver assignee assignor author co-author coauthor codeowner co-owner "
    "collaborator committer contact contact-person contributor creator curator data-scientist developer discoverer "
    "engineer labeler labeller maintainer co-maintainer mentor ml-engineer originator owner programmer "
    "reporter requester requestor researcher responsible responsible-person reviewer scientist submitter supervisor "
    "team-lead tech-lead tester translator"
)
_ROLE_PARTS = "name names id ids email e-mail login"
_ACTIONS = (
    "acked added annotated approved assigned authored changed checked committed created debugged deleted deployed "
    "designed developed co-developed edited executed implemented labeled labelled launched logged maintained managed "
    "merged modified performed promoted prototyped published registered reported requested reviewed run sent signed "
    "signed-off started submitted suggested tested trained updated uploaded validated verified written sponsored helped"
)
_PHRASES = (
    "assigned-to credit-to credits-to delegated-to hat-tip kudos-to props-to reported-to thanks-to "
    "coded-with collaborated-with co-authored-with co-developed-with developed-with discussed-with mobbed-with "
    "pair-with paired-with pair-programmed-with pair-programming-with programmed-with together-with worked-with "
    "written-with contribution-from feedback-from help-from idea-from input-from patch-from report-from "
    "suggestion-from"
)
# Keys that mean a person in a trailer only.
_TRAILER_KEYS = (
    "advisor adviser analyst annotator attendee bcc buddy cc credit from helped kudos lead navigator on-call pair "
    "participant people person poc dri professor props sponsor student thanks to"
)
# `-by` trailers whose value is a change, a program or a column.
_THINGS_BY = (
    "blocked caused closed divided filtered fixed followed generated grouped group indexed joined keyed limited "
    "obsoleted order ordered partition partitioned powered replaced required scaled sort sorted split superseded "
    "triggered"
)

# Keys that also have other values, such as the subsystem before the title of a commit ("login: fix a crash").
_WEAK_TRAILERS = re.compile(
    "users?|username|login|hostname|e-?mails?|contacts?|owners?|developers?|engineers?|testers?|leads?|"
    "credits?|helped|pairs?|people|person|props|kudos|sponsors?|students?|thanks|to|responsible"
)


def _any_of(words: str) -> str:
    return "|".join(words.split())


_ROLE = rf"(?:{_any_of(_ROLES)})s?"
_PERSON_KEY = re.compile(
    rf"(?:^|-)(?:{_any_of(_NAMES)}|{_ROLE}(?:-(?:{_any_of(_ROLE_PARTS)}))?|(?:{_any_of(_ACTIONS)})-by|"
    rf"{_any_of(_PHRASES)}|lead)$"
)
_TRAILER_KEY = re.compile(rf"(?:^(?:{_any_of(_TRAILER_KEYS)})s?|-(?:cc|thanks))$")
_BY = re.compile(rf"^(?!(?:{_any_of(_THINGS_BY)})-by$)[a-z][a-z-]{{1,40}}-by$")

KEY_WORDS = (
    "user|login|log.?name|ldap|nick|full.?name|hostname|mail|ac?knowledg|approver|assign|author|owner|collab|commit|"
    "contact|contrib|creat|curator|scientist|develop|engineer|label|maintain|mentor|originator|participant|programm|"
    "report|request|research|responsible|review|submit|superv|tester|lead|translat|advis|analyst|annotat|attend|cc|"
    "buddy|credit|from|tip|help|kudos|navigator|on.?call|pair|people|person|poc|dri|profess|props|sponsor|student|"
    "thank|to|with|by"
)
"""Parts of all keys of people, as a regular expression for a first, cheap test."""

_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


@lru_cache(maxsize=10_000)
def is_person_key(key: str) -> bool:
    """Return whether the value of an attribute, a tag, an option or a JSON member of this key is a person."""
    return bool(_PERSON_KEY.search(_words(key)))


@lru_cache(maxsize=10_000)
def is_person_trailer(key: str) -> bool:
    """Return whether the value of a trailer of this key is a person, or several."""
    words = _words(key)
    return any(pattern.search(words) for pattern in (_PERSON_KEY, _TRAILER_KEY, _BY))


@lru_cache(maxsize=10_000)
def is_weak_trailer(key: str) -> bool:
    """Return whether a trailer of this key may have a value that is not a person."""
    return bool(_WEAK_TRAILERS.fullmatch(_words(key)))


def _words(key: str) -> str:
    """Return the words of a key in lower case, with hyphens between them; ``Reviewer(s)`` becomes ``reviewers``."""
    key = _CAMEL_CASE.sub("-", key.replace("(s)", "s"))
    return _BETWEEN_WORDS.sub("-", key).strip("-").lower()
