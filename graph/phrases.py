"""The words of our own sentences in the languages there are: English, German, French, Spanish.

Names in a sentence come from the data in whatever language it has them; the words around them are ours, in the first
of these languages that the caller reads, else in English. Sentences are made so that no name has to be inflected.
Called by `explanation` and `wording`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ontology.languages import look_up

LANGUAGES: Final = ("en", "de", "fr", "es")
MOST_NAMES: Final = 3
"""Names listed one by one before `and 4 more`."""
_DECIMAL_COMMA: Final = frozenset({"de", "fr", "es"})

PHRASES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        # evidence
        "hold": (
            "You hold {held}",
            "Sie haben {held}",
            "Vous avez {held}",
            "Usted tiene {held}",
        ),
        "awards": (
            ", which awards {thing}",
            ", womit man {thing} erhält",
            ", qui délivre {thing}",
            ", que otorga {thing}",
        ),
        "teaches": (
            ", which teaches {thing}",
            ", womit {thing} vermittelt wird",
            ", qui enseigne {thing}",
            ", que enseña {thing}",
        ),
        "certifies": (
            ", which certifies {thing}",
            ", womit {thing} bescheinigt wird",
            ", qui certifie {thing}",
            ", que certifica {thing}",
        ),
        "exactMatch": (
            "{start} is the same as {end}",
            "{start} ist dasselbe wie {end}",
            "{start} est identique à {end}",
            "{start} es lo mismo que {end}",
        ),
        "closeMatch": (
            "{start} is nearly the same as {end}",
            "{start} ist fast dasselbe wie {end}",
            "{start} est presque identique à {end}",
            "{start} es casi lo mismo que {end}",
        ),
        "broader": (
            "{start} is narrower than {end}",
            "{start} ist enger als {end}",
            "{start} est plus spécifique que {end}",
            "{start} es más específico que {end}",
        ),
        "narrower": (
            "{start} is broader than {end}",
            "{start} ist weiter als {end}",
            "{start} est plus général que {end}",
            "{start} es más general que {end}",
        ),
        "relatedMatch": (
            "{start} is related to {end}",
            "{start} ist verwandt mit {end}",
            "{start} est lié à {end}",
            "{start} está relacionado con {end}",
        ),
        "level counts": (
            "the level counts {number}",
            "das Niveau zählt {number}",
            "le niveau compte pour {number}",
            "el nivel cuenta {number}",
        ),
        "level read": (
            "level {value} of {held} is read as {read} of {asked}",
            "Niveau {value} von {held} wird als {read} von {asked} gelesen",
            "le niveau {value} de {held} est lu comme {read} de {asked}",
            "el nivel {value} de {held} se lee como {read} de {asked}",
        ),
        "by course": (
            "{thing}, which {held} awards,",
            "{thing} (durch {held})",
            "{thing} (par {held})",
            "{thing} (por {held})",
        ),
        "at level": (
            " at {level}",
            " auf der Stufe {level}",
            " au niveau {level}",
            " en el nivel {level}",
        ),
        "required": (
            "{thing} is required{at}",
            "{thing} ist Pflicht{at}",
            "{thing} fait partie des exigences{at}",
            "{thing} es un requisito{at}",
        ),
        "asked for": (
            "{thing} is asked for{at}",
            "{thing} wird gewünscht{at}",
            "{thing} est souhaitable{at}",
            "{thing} es deseable{at}",
        ),
        "one that admits": (
            "{thing} is one of the {things} that admit{at}",
            "{thing} gehört zu dem, wovon eines genügt{at}",
            "{thing} est l'un des éléments dont un seul suffit{at}",
            "{thing} es uno de los elementos de los que basta uno{at}",
        ),
        "one that counts": (
            "{thing} is one of the {things} that count{at}",
            "{thing} gehört zu dem, wovon eines zählt{at}",
            "{thing} est l'un des éléments dont un seul compte{at}",
            "{thing} es uno de los elementos de los que cuenta uno{at}",
        ),
        "one of all": (
            "{thing} is one of the {things} that are all needed{at}",
            "{thing} gehört zu dem, was alles nötig ist{at}",
            "{thing} est l'un des éléments, tous exigés{at}",
            "{thing} es uno de los elementos, todos necesarios{at}",
        ),
        "one of several": (
            "{thing} is one of the {things} of which {number} are needed{at}",
            "{thing} gehört zu dem, wovon {number} nötig sind{at}",
            "{thing} est l'un des éléments dont {number} sont exigés{at}",
            "{thing} es uno de los elementos de los que se necesitan {number}{at}",
        ),
        "does not count": (
            "{text}; it does not count: {reason}",
            "{text}; es zählt nicht: {reason}",
            "{text} ; cela ne compte pas : {reason}",
            "{text}; no cuenta: {reason}",
        ),
        "not proven": (
            "it is not proven.",
            "es ist nicht bewiesen.",
            "ce n'est pas prouvé.",
            "no está probado.",
        ),
        # requirements
        "met": (
            "{what} is met and adds {part} to the score.",
            "{what}: erfüllt; trägt {part} zum Ergebnis bei.",
            "{what} : exigence remplie, qui ajoute {part} au score.",
            "{what}: requisito cumplido, que suma {part} a la puntuación.",
        ),
        "met without weight": (
            "{what} is met.",
            "{what}: erfüllt.",
            "{what} : exigence remplie.",
            "{what}: requisito cumplido.",
        ),
        "partly met": (
            "{what} is met in part ({coverage}) and adds {part} to the score.",
            "{what}: zum Teil erfüllt ({coverage}); trägt {part} zum Ergebnis bei.",
            "{what} : exigence remplie en partie ({coverage}), qui ajoute {part} au score.",
            "{what}: requisito cumplido en parte ({coverage}), que suma {part} a la puntuación.",
        ),
        "partly met without weight": (
            "{what} is met in part ({coverage}).",
            "{what}: zum Teil erfüllt ({coverage}).",
            "{what} : exigence remplie en partie ({coverage}).",
            "{what}: requisito cumplido en parte ({coverage}).",
        ),
        "missing": (
            "{what} is missing.",
            "{what}: fehlt.",
            "{what} : manque.",
            "{what}: falta.",
        ),
        "level unknown": (
            " The level that is held is not known.",
            " Das vorhandene Niveau ist nicht bekannt.",
            " Le niveau atteint n'est pas connu.",
            " No se conoce el nivel alcanzado.",
        ),
        "days of experience": (
            "{number} days of experience",
            "{number} Tage Erfahrung",
            "{number} jours d'expérience",
            "{number} días de experiencia",
        ),
        "with level": (
            "{name} at level {number}",
            "{name} auf Niveau {number}",
            "{name} au niveau {number}",
            "{name} en el nivel {number}",
        ),
        "a group": (
            "a group of {number} requirements",
            "eine Gruppe von {number} Anforderungen",
            "un groupe de {number} exigences",
            "un grupo de {number} requisitos",
        ),
        "any of": (
            "any of {names}",
            "eines von {names}",
            "un parmi {names}",
            "uno de {names}",
        ),
        "some of": (
            "{number} of {names}",
            "{number} von {names}",
            "{number} parmi {names}",
            "{number} de {names}",
        ),
        "and": (
            "and",
            "und",
            "et",
            "y",
        ),
        "or": (
            "or",
            "oder",
            "ou",
            "o",
        ),
        "more": (
            "{number} more",
            "{number} weitere",
            "{number} autres",
            "{number} más",
        ),
        "nothing": (
            "nothing",
            "nichts",
            "rien",
            "nada",
        ),
        # steps of a plan
        "closes": (
            "closes {names}",
            "erfüllt {names}",
            "remplit {names}",
            "cumple {names}",
        ),
        "counts towards": (
            "counts towards {names}",
            "trägt bei zu {names}",
            "contribue à {names}",
            "contribuye a {names}",
        ),
        "enables": (
            "meets what must be known or held before {names}",
            "schafft, was vor {names} nötig ist",
            "apporte ce qui est exigé avant {names}",
            "aporta lo que se exige antes de {names}",
        ),
        "together": (
            "is needed together with the other steps",
            "ist zusammen mit den anderen Schritten nötig",
            "est nécessaire avec les autres étapes",
            "es necesario junto con los demás pasos",
        ),
        # what a group or an experience asks, where its source has no words for it
        "all of": (
            "all of {number}",
            "alle {number}",
            "{number} sur {number}",
            "{number} de {number}",
        ),
        "any one of": (
            "any one of {number}",
            "eines von {number}",
            "un sur {number}",
            "uno de {number}",
        ),
        "at least": (
            "at least {least} of {number}",
            "mindestens {least} von {number}",
            "au moins {least} sur {number}",
            "al menos {least} de {number}",
        ),
        "one day": (
            "1 day of experience",
            "1 Tag Erfahrung",
            "1 jour d'expérience",
            "1 día de experiencia",
        ),
        "one year": (
            "1 year of experience",
            "1 Jahr Erfahrung",
            "1 an d'expérience",
            "1 año de experiencia",
        ),
        "years": (
            "{number} years of experience",
            "{number} Jahre Erfahrung",
            "{number} ans d'expérience",
            "{number} años de experiencia",
        ),
        "undescribed": (
            "something that no dataset describes",
            "etwas, das kein Datensatz beschreibt",
            "quelque chose qu'aucun jeu de données ne décrit",
            "algo que ningún conjunto de datos describe",
        ),
    }
)
"""By key: the phrase in each of `LANGUAGES`."""
_RELATIONS: Final = MappingProxyType({"broadMatch": "broader", "narrowMatch": "narrower"})


def phrases_in(languages: Sequence[str]) -> "Phrases":
    """The phrases of the first of these languages that there are words in, else of English; those of late are kept."""
    return _kept(tuple(languages))


class Phrases:
    """The phrases of one language."""

    def __init__(self, languages: Sequence[str] = ()):
        """Of the first of these languages that there are words in, else of English."""
        self._place = look_up(LANGUAGES, languages)
        self.language = LANGUAGES[self._place]
        """Its BCP 47 tag."""

    def say(self, key: str, **values: object) -> str:
        """A phrase with these values in it."""
        return PHRASES[key][self._place].format(**values)

    def relation(self, name: str, start: str, end: str) -> str:
        """What a step of a chain says of its ends."""
        return self.say(_RELATIONS.get(name, name), start=start, end=end)

    def number(self, value: float) -> str:
        """A number with at most four figures."""
        return self._spelled(f"{value:.4g}")

    def exact(self, text: str) -> str:
        """A number that is spelled with a point."""
        return self._spelled(text)

    def listed(self, names: Sequence[str], conjunction: str = "and", most: int | None = MOST_NAMES) -> str:
        """Names with commas and a conjunction, the rest of too many as their number."""
        shown = list(names)
        if most is not None and len(names) > most + 1:
            shown = [*names[:most], self.say("more", number=len(names) - most)]
        if len(shown) <= 1:
            return shown[0] if shown else self.say("nothing")
        return f"{', '.join(shown[:-1])} {self.say(conjunction)} {shown[-1]}"

    def _spelled(self, text: str) -> str:
        return text.replace(".", ",") if self.language in _DECIMAL_COMMA else text


@lru_cache(maxsize=256)
def _kept(languages: tuple[str, ...]) -> Phrases:
    return Phrases(languages)
