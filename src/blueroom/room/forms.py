"""What is typed on the pages. Forms keep what was typed; what may be kept is for actions to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import BlueRoomError
from blueroom.design.theme import CHOICE_NAMES, CHOICES, HOUSE, LIGHTS, OF_CHOICE, TYPEFACES, Light
from blueroom.networks.interface import Network
from blueroom.room import rules
from blueroom.room.models import Look, Role, Room, Session, SessionFormat, Strictness
from blueroom.room.themes import LOGO_BYTES, TEXT_LANGUAGES, TEXT_LENGTHS, Theme

LANGUAGE_NAMES = {
    "fr": "français",
    "en": "English",
    "es": "español",
    "de": "Deutsch",
    "it": "italiano",
    "pt": "português",
    "nl": "Nederlands",
    "ar": "العربية",
}
LENGTHS = (30, 45, 60, 90, 120)
SPOKEN = (("fr", "Français"), ("en", "English"))  # languages of the pages


def add_refusal(form: forms.Form, error: BlueRoomError) -> None:
    """Show what an action refused beside the field it is about, or above the form."""
    field = error.details.get("field")
    form.add_error(str(field) if field in form.fields else None, gettext(str(error.message)))


def describe_fields(form: forms.Form) -> None:
    """Tie each input to its hint and its error for those who hear the page; begin at an error."""
    refused = [name for name in form.fields if name in form.errors]
    if refused:
        for field in form.fields.values():
            field.widget.attrs.pop("autofocus", None)
        form.fields[refused[0]].widget.attrs["autofocus"] = True
    for name, field in form.fields.items():
        ids = [f"{form[name].auto_id}_hint"] if field.help_text else []
        if name in form.errors:
            ids.append(f"{form[name].auto_id}_error")
            field.widget.attrs["aria-invalid"] = "true"
        if ids:
            field.widget.attrs["aria-describedby"] = " ".join(ids)


class PlainForm(forms.Form):
    """A form whose errors are our sentences: the browser's own stay out."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")


def next_evening(now: datetime, zone: ZoneInfo) -> datetime:
    """20:30 in that zone, today where two hours are left until then, else tomorrow."""
    local = (now + timedelta(hours=2)).astimezone(zone)
    evening = local.replace(hour=20, minute=30, second=0, microsecond=0)
    return evening if local <= evening else evening + timedelta(days=1)


class SessionForm(PlainForm):
    """A session: only its guest and a hashtag have to be typed. Times are the room's."""

    guest = forms.CharField(
        label=_("Guest"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    hashtags = forms.CharField(
        label=_("Hashtag"),
        max_length=400,
        help_text=_("The one people will use to ask. Up to five, separated by spaces."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": "#AskGuetta",
            }
        ),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=160,
        required=False,
        help_text=_("Left empty, it is the guest’s name."),
    )
    date = forms.DateField(
        label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    minutes = forms.IntegerField(
        label=_("Length, in minutes"),
        min_value=1,
        max_value=1440,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "list": "lengths"}),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=list(LANGUAGE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=SessionFormat.choices, widget=forms.RadioSelect
    )
    keep_recordings_days = forms.IntegerField(
        label=_("Days that recordings are kept after the end"),
        required=False,
        min_value=0,
        max_value=rules.RECORDINGS_DAYS_MAX,
        help_text=_("0 keeps them until somebody erases them. Clips stay in any case."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    strictness = forms.ChoiceField(
        label=_("What the desk holds by itself"),
        choices=Strictness.choices,
        required=False,
        help_text=_(
            "It never rejects: what is held waits for somebody, with the reason beside it."
        ),
        widget=forms.RadioSelect,
    )
    needs_two = forms.BooleanField(
        label=_("Two people approve each question"),
        required=False,
        help_text=_("Never the same person twice. Each moderator logs in with an account."),
    )

    takes_votes = forms.BooleanField(
        label=_("Phones vote for questions"),
        required=False,
        help_text=_("Off, votes no longer count in the desk’s order either."),
    )
    takes_hearts = forms.BooleanField(
        label=_("Phones send hearts to the live picture"), required=False
    )
    shows_counts = forms.BooleanField(
        label=_("Phones and walls show numbers"),
        required=False,
        help_text=_("How many asked, voted, sent hearts, posted. The crew sees them in any case."),
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        self.zone = ZoneInfo(room.time_zone)
        super().__init__(*args, **kwargs)
        self.fields["languages"].error_messages["required"] = _("Choose at least one language.")
        sentence = _("A session lasts between 1 minute and 24 hours.")
        for bound in self.fields["minutes"].validators:
            bound.message = sentence

    @classmethod
    def initial_plan(cls, room: Room, now: datetime) -> dict[str, Any]:
        """What a new session's form proposes."""
        starts_at = next_evening(now, ZoneInfo(room.time_zone))
        spoken = [code for code in room.languages if code in LANGUAGE_NAMES]
        return {
            "date": starts_at.date(),
            "time": starts_at.time(),
            "minutes": 60,
            "languages": spoken or [(get_language() or "en")[:2]],
            "format": SessionFormat.INTERVIEW,
            "keep_recordings_days": room.keep_recordings_days,
            "strictness": Strictness.NORMAL,
            "takes_votes": True,
            "takes_hearts": True,
            "shows_counts": True,
        }

    @classmethod
    def initial_change(cls, session: Session) -> dict[str, Any]:
        """What the form of a session that is there shows."""
        starts_at = session.starts_at.astimezone(ZoneInfo(session.room.time_zone))
        return {
            "guest": session.guest.name,
            "hashtags": " ".join(f"#{tag}" for tag in session.hashtags),
            "title": session.title,
            "date": starts_at.date(),
            "time": starts_at.time(),
            "minutes": session.planned_minutes,
            "languages": session.languages,
            "format": session.format,
            "keep_recordings_days": session.keep_recordings_days,
            "strictness": session.strictness,
            "needs_two": session.needs_two,
            "takes_votes": session.takes_votes,
            "takes_hearts": session.takes_hearts,
            "shows_counts": session.shows_counts,
        }

    def clean_strictness(self) -> str:
        """What was chosen; a form that does not ask for it leaves it normal."""
        return self.cleaned_data["strictness"] or Strictness.NORMAL

    def clean_hashtags(self) -> list[str]:
        """The words of the field; what a hashtag is, the action says."""
        return rules.split_hashtags(self.cleaned_data["hashtags"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "date" in cleaned and "time" in cleaned:
            local = datetime.combine(cleaned["date"], cleaned["time"], tzinfo=self.zone)
            cleaned["starts_at"] = self._in_utc(local)
        return cleaned

    def _in_utc(self, local: datetime) -> datetime | None:
        try:
            starts_at = rules.clean_start(local.astimezone(UTC))
            # An hour that the clocks skip in spring comes back as another one.
            there_again = starts_at.astimezone(self.zone)
        except (OverflowError, rules.FieldRefused):
            self.add_error("date", _("The start must be between 2000 and 2100."))
            return None
        if there_again.replace(tzinfo=None) != local.replace(tzinfo=None):
            self.add_error("time", _("The clocks change that night: this time does not exist."))
        return starts_at

    def plan(self) -> dict[str, Any]:
        """What actions.plan_session and change_session take."""
        names = (
            "guest", "hashtags", "title", "starts_at", "minutes", "languages", "format",
            "keep_recordings_days", "strictness", "needs_two",
            "takes_votes", "takes_hearts", "shows_counts",
        )  # fmt: skip
        return {name: self.cleaned_data[name] for name in names}


class WelcomeForm(PlainForm):
    """Who comes in by an invitation, and how they will log in."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("The crew sees it beside your decisions."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("You log in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        help_text=_("Ten characters or more. A short sentence is best."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    language = forms.ChoiceField(label=_("Language"), choices=SPOKEN, widget=forms.RadioSelect)


class InviteForm(PlainForm):
    """The role that an invitation gives; the roles on offer are those the inviter may give."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, giver: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Role.choices)
        self.fields["role"].choices = [(role, labels[role]) for role in rules.roles_given_by(giver)]
        self.fields["role"].initial = "moderator"


class TokenForm(PlainForm):
    """A key of the API: what it is for and what it may do."""

    label = forms.CharField(
        label=_("What is it for?"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("What may it do?"))

    def __init__(self, *args: Any, giver: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Role.choices)
        mine = list(dict.fromkeys([giver, *rules.roles_given_by(giver)]))
        useful = [role for role in mine if rules.may(role, "moderate")]
        self.fields["role"].choices = [(role, labels[role]) for role in useful]
        self.fields["role"].initial = "moderator"


class AccountForm(PlainForm):
    """An account: the fields that its connector declares. Secrets are never shown again."""

    def __init__(self, *args: Any, network: Network, **kwargs: Any) -> None:
        super().__init__(*args, prefix=network.slug, **kwargs)
        for field in network.account_fields:
            widget = forms.PasswordInput if field.secret else forms.TextInput
            self.fields[field.name] = forms.CharField(
                label=_(field.label),
                help_text=_(field.hint) if field.hint else "",
                initial=field.default,
                max_length=2000,
                strip=True,
                widget=widget(attrs={"autocomplete": "off", "spellcheck": "false"}),
                error_messages={"required": _("Fill this in.")},
            )

    def typed_fields(self) -> list[forms.BoundField]:
        """What nobody else can know."""
        return [field for field in self if not field.field.initial]

    def proposed_fields(self) -> list[forms.BoundField]:
        """What is right for nearly everybody as it is."""
        return [field for field in self if field.field.initial]


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 4, "autocapitalize": "off", "spellcheck": "false"})

    def __init__(self, *, label: str, help_text: str) -> None:
        super().__init__(label=label, help_text=help_text, required=False, max_length=40_000)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value)).splitlines()


class RoomForm(PlainForm):
    """The room itself: how it is called, what it speaks, where it is."""

    name = forms.CharField(
        label=_("Name of the room"),
        max_length=80,
        help_text=_("Walls and phones show it."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=list(LANGUAGE_NAMES.items()),
        help_text=_("What new sessions propose."),
        widget=forms.CheckboxSelectMultiple,
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        help_text=_("Dates and times of sessions are written in it."),
    )

    look = forms.ChoiceField(
        label=_("Light"),
        choices=Look.choices,
        help_text=_("Of its walls, phones and desk."),
        widget=forms.RadioSelect,
    )
    keep_raw_days = forms.IntegerField(
        label=_("Days that posts are kept as they came"),
        min_value=0,
        max_value=365,
        help_text=_("What a network sent, for later questions. New sessions only; 0 keeps none."),
    )
    keep_recordings_days = forms.IntegerField(
        label=_("Days that recordings are kept after the end"),
        required=False,
        min_value=0,
        max_value=rules.RECORDINGS_DAYS_MAX,
        help_text=_("What new sessions propose; 0 keeps them until somebody erases them."),
    )
    held_words = LinesField(
        label=_("Words that the desk holds"),
        help_text=_("One a line, besides those that the house knows: a name, a rival, a subject."),
    )
    ignored_words = LinesField(
        label=_("Words that it lets through"),
        help_text=_("Where it holds something that is harmless here: a song, a surname."),
    )
    allowed_domains = LinesField(
        label=_("Websites that may be linked"),
        help_text=_("One a line, as radio.example.org. Links to others are held."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].error_messages["required"] = _("Choose at least one language.")


class ThemeForm(PlainForm):
    """The look of a room. Empty colours and texts are the house's."""

    TEXT_LABELS = {
        "name": _("Name of the room"),
        "hashtag": _("Before the hashtag"),
        "ask": _("Invitation to ask"),
        "goodbye": _("Goodbye"),
    }
    TEXT_PLACES = {
        "name": _("Where it differs from the room’s own name."),
        "hashtag": _("On walls and overlays."),
        "ask": _("On walls and phones. {guest} stands for the guest."),
        "goodbye": _("On walls and phones, when it is over."),
    }

    voice = forms.ChoiceField(label=_("People’s words"), widget=forms.RadioSelect)
    text = forms.ChoiceField(label=_("Everything else"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        faces = [(key, name) for key, (name, _stack) in TYPEFACES.items()]
        for part in ("voice", "text"):
            self.fields[part].choices = faces
        for light in LIGHTS:
            for choice in CHOICES:
                self.fields[f"{choice}_{light}"] = _colour_field(choice, light)
            self.fields[f"logo_{light}"] = forms.FileField(
                label=_("Logo by day") if light == "day" else _("Logo on air"),
                required=False,
                widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
            )
            self.fields[f"logo_{light}_gone"] = forms.BooleanField(
                label=_("Take it away"), required=False
            )
        for language in TEXT_LANGUAGES:
            for name, length in TEXT_LENGTHS.items():
                self.fields[f"{name}_{language}"] = forms.CharField(
                    label=self.TEXT_LABELS[name],
                    help_text=self.TEXT_PLACES[name],
                    max_length=4 * length,
                    required=False,
                    widget=forms.TextInput(attrs={"lang": language, "autocomplete": "off"}),
                )

    @classmethod
    def initial_of(cls, theme: Theme) -> dict[str, Any]:
        """What the form shows of a look that is there."""
        shown: dict[str, Any] = {"voice": "fraunces", "text": "figtree", **theme.faces}
        for light, chosen in theme.colours.items():
            shown |= {f"{choice}_{light}": colour for choice, colour in chosen.items()}
        for language, texts in theme.texts.items():
            shown |= {f"{name}_{language}": getattr(texts, name) for name in TEXT_LENGTHS}
        return shown

    def plan(self) -> dict[str, Any]:
        """What themes.keep_theme takes."""
        kept = self.cleaned_data
        return {
            "colours": {
                light: {choice: kept[f"{choice}_{light}"] for choice in CHOICES} for light in LIGHTS
            },
            "faces": {part: kept[part] for part in ("voice", "text")},
            "texts": {
                language: {name: kept[f"{name}_{language}"] for name in TEXT_LENGTHS}
                for language in TEXT_LANGUAGES
            },
        }

    def logos(self) -> list[tuple[Light, bytes]]:
        """The pictures that were sent, each read no further than the largest that is taken."""
        sent = ((light, self.cleaned_data[f"logo_{light}"]) for light in LIGHTS)
        return [(light, file.read(LOGO_BYTES + 1)) for light, file in sent if file]

    def logos_gone(self) -> list[Light]:
        """The lights whose logo is taken away, and none sent in its place."""
        kept = self.cleaned_data
        return [one for one in LIGHTS if kept[f"logo_{one}_gone"] and not kept[f"logo_{one}"]]

    def of_light(self, light: Light) -> list[forms.BoundField]:
        return [self[f"{choice}_{light}"] for choice in CHOICES]

    def day(self) -> list[forms.BoundField]:
        return self.of_light("day")

    def air(self) -> list[forms.BoundField]:
        return self.of_light("air")

    def spoken(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The texts of each language, with its code and name."""
        return [
            (language, LANGUAGE_NAMES[language], [self[f"{n}_{language}"] for n in TEXT_LENGTHS])
            for language in TEXT_LANGUAGES
        ]


def _colour_field(choice: Any, light: Light) -> forms.CharField:
    house = HOUSE[light][OF_CHOICE[choice]]
    look = {
        "placeholder": house,
        "spellcheck": "false",
        "autocomplete": "off",
        "data-colour": house,
    }
    return forms.CharField(
        label=CHOICE_NAMES[choice],
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs=look),
    )


class SpecimenForm(PlainForm):
    """One field of each kind, for the page of all parts. Nobody sends it."""

    line = forms.CharField(label=_("A line of text"), help_text=_("What it is for."))
    chosen = forms.ChoiceField(label=_("One of several"), choices=SPOKEN)
    words = forms.CharField(label=_("Several lines"), required=False, widget=forms.Textarea)
    secret = forms.CharField(label=_("A secret"), required=False, widget=forms.PasswordInput)
    one = forms.ChoiceField(label=_("One choice"), choices=SPOKEN, widget=forms.RadioSelect)
    tick = forms.BooleanField(label=_("Yes or no"), required=False)
    closed = forms.CharField(label=_("Not now"), required=False, disabled=True)
    wrong = forms.CharField(label=_("A field that is refused"))

    @classmethod
    def shown(cls, light: str) -> SpecimenForm:
        """The form with its last field refused; its elements are named for the light."""
        typed = {"line": "Inès Carat", "chosen": "fr", "one": "fr", "tick": "on"}
        form = cls({f"{light}-{name}": value for name, value in typed.items()}, prefix=light)
        form.full_clean()
        form.add_error("wrong", _("Fill this in.")) if "wrong" not in form.errors else None
        describe_fields(form)
        for field in form.fields.values():
            field.widget.attrs.pop("autofocus", None)
        return form
