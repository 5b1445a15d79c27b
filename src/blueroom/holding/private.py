"""Finds what should stay private: phone numbers, mail and street addresses, accounts, cards.

Checksums: IBAN by ISO 7064 mod 97-10 (ISO 13616), cards by Luhn (ISO/IEC 7812-1), French social
security numbers by their key (97 minus the rest of the division by 97).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from blueroom.holding.words import Code

Span = tuple[int, int]

# Nothing private is said without one of these.
HINT = re.compile(r"[0-9@(\[{]")
SAID = frozenset({"arobase", "dot", "point", "zero", "oh"})
SIX_DIGITS = re.compile(r"\d(?:\D{0,3}\d){5}")
SAID_MAIL = frozenset({"arobase", "at", "dot", "point"})
FRENCH_STREETS = (
    "rue|avenue|av|boulevard|bd|impasse|allee|chemin|quai|ruelle|square|lotissement|residence"
)
FRENCH_SQUARES = "place|cours|route"  # words for other things too: more must be said
ENGLISH_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|close|drive|dr|court|crescent|terrace|boulevard|blvd"
    "|gardens|grove|mews"
)
STREETS = frozenset(f"{FRENCH_STREETS}|{FRENCH_SQUARES}|{ENGLISH_STREETS}|code|digicode".split("|"))

MAIL_TOP = "com|net|org|fr|uk|be|ch|ca|de|es|it|io|eu|info"  # where all of it is said in words
MAIL_DOT = r"(?:\.| ?[(\[{] ?(?:dot|point|\.) ?[)\]}] ?| dot | point )"
MAIL = re.compile(
    r"(?<![@a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}"
    r"(?:@| @ | ?[(\[{] ?(?:at|arobase|@|a) ?[)\]}] ?| arobase )"
    rf"[a-z0-9-]{{1,63}}(?:{MAIL_DOT}[a-z0-9-]{{1,63}}){{0,4}}{MAIL_DOT}[a-z]{{2,12}}\b"
)
SAID_WITH_AT = re.compile(
    r"\b[a-z0-9._-]{1,64}(?: (?:dot|point) [a-z0-9_-]{1,64}){0,3} at "
    rf"[a-z0-9-]{{1,63}}(?: (?:dot|point) |\.)(?:{MAIL_TOP})\b"
)

DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d")
PHONES = (
    re.compile(r"(?<![\d+])\(?(?:\+|00) ?[1-9](?:[ ().-]{0,3}\d){7,14}(?!\d)"),  # international
    re.compile(r"(?<![\d.,+-])0[1-9](?:[ ./-]{0,2}\d\d){4}(?![\da-z€])"),  # French and their like
    re.compile(r"(?<![\d.,+-])\(?0[1-9]\d{0,3}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?![\da-z€])"),  # British
    re.compile(r"(?<![\d.,+-])\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?!\d)"),  # North American
)
# Seven digits are a number to call only where somebody says so.
SHORT_PHONE = re.compile(
    r"\b(?:call|phone|number|text|ring|reach|mine|i m on|tel|numero|appel\w*|joindre)\b.{0,40}?"
    r"(?<![\d-])(\d{3}[ -]\d{4})(?!\d)"
)
NUMBER = (
    r"(?:\d{1,3}|zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|ten|eleven|"
    r"twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|un|deux|trois|quatre|"
    r"cinq|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante|"
    r"cinquante|soixante|cent|et)"
)
SAID_PHONE = re.compile(rf"\b(?:zero|oh)(?:[ ,.-]+{NUMBER}){{5,}}\b")

IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d\d(?:[ -]?[a-z0-9]){11,30}")
IBAN_LENGTHS = {
    "ad": 24, "at": 20, "be": 16, "bg": 22, "ch": 21, "cy": 28, "cz": 24, "de": 22, "dk": 18,
    "ee": 20, "es": 24, "fi": 18, "fr": 27, "gb": 22, "gr": 27, "hr": 21, "hu": 28, "ie": 22,
    "is": 26, "it": 27, "li": 21, "lt": 20, "lu": 20, "lv": 21, "ma": 28, "mc": 27, "mt": 31,
    "nl": 18, "no": 15, "pl": 28, "pt": 25, "ro": 24, "se": 24, "si": 19, "sk": 24, "sm": 27,
    "tn": 24, "tr": 26,
}  # fmt: skip
CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d,])")
CARD_BEGINNING = re.compile(r"3[0-9]|4|5[0-9]|6[0-9]|2[2-7]")

IDENTITIES = (
    re.compile(r"(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dab](?: ?\d{3}){2} ?\d\d(?!\d)"),
    re.compile(r"\b[a-z]{2} ?\d\d ?\d\d ?\d\d ?[abcd]\b(?! \d)"),  # National Insurance
    re.compile(r"(?<![\d-])\d{3}-\d\d-\d{4}(?![\d-])"),  # Social Security
)
SAID_IDENTITY = re.compile(
    r"\b(?:secu|securite sociale|nir|national insurance|ssn|social security)\b"
)

LIVES = "(?:habitez?|habites|vi[st]|domicile|adresse|envoyer|chez|lives?|living|address|send)"
NUMBER_IN_STREET = r"(?<!\d)\d{1,4}(?: ?(?:bis|ter|quater|[a-c]))?,?"
ADDRESSES = (
    re.compile(rf"{NUMBER_IN_STREET} (?:{FRENCH_STREETS})\.? [a-z]+(?: [a-z]+){{0,4}}"),
    re.compile(rf"\b{LIVES}\b.{{0,30}}?{NUMBER_IN_STREET} (?:{FRENCH_SQUARES})\b [a-z ]+"),
    re.compile(rf"{NUMBER_IN_STREET} (?:{FRENCH_SQUARES}) [a-z ,]{{3,40}}\d{{5}}\b"),
    re.compile(
        rf"\b{LIVES}\b.{{0,30}}?\b\d{{1,5}}[a-z]? (?:[a-z]+ ){{1,3}}(?:{ENGLISH_STREETS})\b"
    ),
    re.compile(r"\b(?:digi)?code (?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{4,6}\b"),
)
ENGLISH_ADDRESS = re.compile(  # in the text as written: "3 songs on the road" has no capitals
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'’]+ ){1,3}"
    rf"(?:{'|'.join(word.capitalize() for word in ENGLISH_STREETS.split('|'))})\b"
)
# Inward letters of British postcodes leave out C I K M O V, so "3 am" is none.
POSTCODE = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]? \d(?!th|st|nd|rd)[abd-hjlnp-uw-z]{2}\b(?=.{0,3}$|[ ,.?!;)])"
)


def private(text: str, folded: str, plain: Set[str]) -> Iterator[tuple[Code, int, int]]:
    """What is private in a text; places are in the folded one. `plain`: its words."""
    if not HINT.search(folded) and plain.isdisjoint(SAID):
        return
    if "@" in folded or not plain.isdisjoint(SAID_MAIL):
        yield from _each("email", folded, (MAIL, SAID_WITH_AT) if "at" in plain else (MAIL,))
    if SIX_DIGITS.search(folded):
        yield from _numbers(folded)
    if "zero" in plain or "oh" in plain:
        yield from _each("phone", folded, (SAID_PHONE,))
    if not plain.isdisjoint(STREETS) and any(map(str.isdigit, folded)):
        yield from _each("address", folded, ADDRESSES)
        if ENGLISH_ADDRESS.search(text):
            yield "address", 0, len(folded)
    if any(map(str.isdigit, plain)) and (postcode := POSTCODE.search(folded)):
        yield "address", *postcode.span()


def _each(
    code: Code, folded: str, searches: tuple[re.Pattern[str], ...]
) -> Iterator[tuple[Code, int, int]]:
    for search in searches:
        for found in search.finditer(folded):
            yield code, *found.span()


def _numbers(folded: str) -> Iterator[tuple[Code, int, int]]:
    """Numbers by kind; a card or an account is not looked at again as a phone."""
    taken: list[Span] = []
    for code, search, is_one in CHECKED:
        for found in search.finditer(folded):
            span = found.span()
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue
            if length := is_one(found[0], folded):
                taken.append((span[0], span[0] + length))
                yield code, span[0], span[0] + length
    for found in SHORT_PHONE.finditer(folded):
        yield "phone", *found.span(1)


def iban_length(written: str, _: str = "") -> int:
    """How much of `written`, which begins like an IBAN, is one; 0 where its checksum is wrong."""
    wanted = IBAN_LENGTHS.get(written[:2], 0)
    at = [place for place, letter in enumerate(written) if letter.isalnum()][:wanted]
    if not wanted or len(at) < wanted:
        return 0
    letters = "".join(written[place] for place in (*at[4:], *at[:4]))
    return at[-1] + 1 if int("".join(str(int(each, 36)) for each in letters)) % 97 == 1 else 0


def card_length(written: str, _: str = "") -> int:
    """The length of `written` where it is a card number by Luhn, else 0."""
    digits = [int(each) for each in written if each.isdigit()]
    if not CARD_BEGINNING.match(written) or len(set(digits)) == 1:
        return 0
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(written) if (sum(digits[-1::-2]) + doubled) % 10 == 0 else 0


def _identity_length(written: str, folded: str) -> int:
    if SAID_IDENTITY.search(folded) or "-" in written or written[0].isalpha():
        return len(written)
    number, key = written.replace(" ", "")[:13], written.replace(" ", "")[13:]
    number = number.replace("2a", "19").replace("2b", "18")  # Corsica
    return len(written) if number.isdigit() and 97 - int(number) % 97 == int(key) else 0


def _phone_length(written: str, _: str) -> int:
    return 0 if DATE.match(written) else len(written)


CHECKED: tuple[tuple[Code, re.Pattern[str], Callable[[str, str], int]], ...] = (
    ("iban", IBAN, iban_length),
    ("card", CARD, card_length),
    *(("identity", search, _identity_length) for search in IDENTITIES),
    *(("phone", search, _phone_length) for search in PHONES),
)
