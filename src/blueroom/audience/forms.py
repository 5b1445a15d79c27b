"""What is typed on the phone page. What may be asked is for the action to say."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AskForm(forms.Form):
    """A question; name and town are shown with it if it goes on air."""

    use_required_attribute = False

    text = forms.CharField(
        label=_("Your question"),
        required=False,
        strip=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "enterkeyhint": "send"}),
        error_messages={"max_length": _("That is too long. Keep it under 500 characters.")},
    )
    name = forms.CharField(
        label=_("First name"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "given-name", "dir": "auto"}),
    )
    # Of the phone's own choice: what is sent again, because an answer was lost, is asked once.
    key = forms.SlugField(required=False, max_length=64, widget=forms.HiddenInput)
    place = forms.CharField(
        label=_("Town"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2", "dir": "auto"}),
    )
