"""The words of reports in Chinese and English, from the gettext catalogues in ``catalogues/<language>/``, one file a subject.

A message's id says what it is for (``total.change``), never its words. ``{names}`` in it are filled in by ``text``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pipeline.report.document.blocks import Language


@dataclass(frozen=True)
class Messages:
    """The messages of one language by id.

    >>> messages("en").text("withheld.mark")
    'withheld'
    """

    language: Language
    by_id: dict[str, str]

    def text(self, message_id: str, **values: object) -> str:
        """A message with its values filled in; raises KeyError for an unknown id or a value that is missing."""
        return self.by_id[message_id].format(**values)

    def name(self, group: str, code: str) -> str:
        """The name of a code of a group (``status.ok``); an unknown code is printed as it is, never dropped."""
        return self.by_id.get(f"{group}.{code}", code)


@lru_cache(maxsize=2)
def messages(language: Language) -> Messages:
    """The messages of a language; raises ValueError if two catalogues have the same id."""
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for path in sorted(files(__package__).joinpath("catalogues", language).iterdir(), key=lambda each: each.name):
        with path.open("rb") as file:
            catalogue = read_po(file, locale={"zh": "zh_CN", "en": "en"}[language])
        own = {str(message.id): str(message.string) for message in catalogue if message.id}
        if twice := own.keys() & found.keys():
            raise ValueError(f"{path.name}: ids that another catalogue has: {', '.join(sorted(twice))}")
        found |= own
    return Messages(language, found)
