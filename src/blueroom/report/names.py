"""What codes are called in the language of the page."""

from __future__ import annotations

from django.utils.translation import get_language_info, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from blueroom.networks import registry

REASONS = {
    "insult": _("insult"),
    "hate": _("hate"),
    "threat": _("threat"),
    "sexual": _("sexual"),
    "profanity": _("rough words"),
    "spam": _("spam"),
    "link": _("link"),
    "phone": _("phone number"),
    "email": _("e-mail address"),
    "address": _("street address"),
    "iban": _("bank account"),
    "card": _("card number"),
    "identity": _("identity number"),
    "room_word": _("word of this room"),
    "flood": _("too many at once"),
    "same_text": _("same text from many"),
    "near_copies": _("near copy of many"),
    "banned": _("banned author"),
}


def network_name(slug: str) -> str:
    """A network's name; its slug where its connector is not installed any more."""
    network = registry.networks().get(slug)
    return gettext(network.name) if network else slug


def language_name(code: str) -> str:
    """A language's name; its code where Django does not know it."""
    if not code or code == "und":
        return pgettext("a language", "not known")
    try:
        return str(get_language_info(code.split("-")[0])["name_translated"])
    except KeyError:
        return code


def reason_name(code: str) -> str:
    """Why something is held, in words."""
    return str(REASONS.get(code, code))
