"""The room's accounts on networks, and the keys of its API."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError
from blueroom.networks import registry
from blueroom.room import actions, forms, queries
from blueroom.room.access import NotFound
from blueroom.room.actor import Actor
from blueroom.room.models import Account, Role, Room, Token
from blueroom.room.views import crew, room_for, visitor_of


@crew
@require_GET
def networks(request: HttpRequest) -> HttpResponse:
    room, by = room_for(request, "see_networks")
    return _networks_page(request, room, by)


def _networks_page(
    request: HttpRequest,
    room: Room,
    by: Actor,
    *,
    account_form: forms.AccountForm | None = None,
    token_form: forms.TokenForm | None = None,
    token_secret: str = "",
) -> HttpResponse:
    accounts = list(queries.accounts_of(room))
    entries = []
    known = list(registry.networks().values())
    for network in (network for network in known if network.account_fields):
        form = forms.AccountForm(network=network)
        if account_form is not None and account_form.prefix == network.slug:
            form = account_form
        forms.describe_fields(form)
        kept = [account for account in accounts if account.network == network.slug]
        entries.append({"network": network, "accounts": kept, "form": form})
    token_form = token_form or forms.TokenForm(giver=by.role)
    forms.describe_fields(token_form)
    refused = bool(token_form.errors or (account_form and account_form.errors))
    labels = dict(Role.choices)
    tokens = list(queries.tokens_of(room))
    for token in tokens:
        token.role_label = labels[token.role]
    context = {
        "room": room,
        "entries": entries,
        "without": [gettext(network.name) for network in known if not network.account_fields],
        "tokens": tokens,
        "token_form": token_form,
        "token_secret": token_secret,
    }
    return render(request, "room/networks.html", context, status=422 if refused else 200)


def _to_networks(room: Room) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("networks", query={"room": room.slug}))


@crew
@require_POST
def keep_account(request: HttpRequest, network: str) -> HttpResponse:
    room, by = room_for(request, "keep_account")
    connector = registry.networks().get(network)
    if connector is None:
        raise NotFound
    form = forms.AccountForm(request.POST, network=connector)
    if form.is_valid():
        try:
            account = actions.keep_account(
                room=room, network=connector, fields=form.cleaned_data, now=now(), by=by
            )
            sentence = gettext("%(network)s takes this account: %(handle)s.")
            values = {"network": connector.name, "handle": account.handle}
            messages.success(request, sentence % values)
            return _to_networks(room)
        except BlueRoomError as error:  # the network's own refusals: their sentence says what to do
            forms.add_refusal(form, error)
    return _networks_page(request, room, by, account_form=form)


@crew
@require_POST
def remove_account(request: HttpRequest, account_id: int) -> HttpResponse:
    account = Account.objects.select_related("room").filter(pk=account_id).first()
    if account is None:
        raise NotFound
    by = visitor_of(request).actor_in(account.room_id, "remove_account")
    actions.remove_account(account=account, now=now(), by=by)
    sentence = gettext("%(handle)s is forgotten.")
    messages.success(request, sentence % {"handle": account.handle})
    return _to_networks(account.room)


@crew
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    room, by = room_for(request, "make_token")
    form = forms.TokenForm(request.POST, giver=by.role)
    secret = ""
    if form.is_valid():
        try:
            _token, secret = actions.make_token(room=room, now=now(), by=by, **form.cleaned_data)
            form = forms.TokenForm(giver=by.role)
        except actions.FieldRefused as error:
            forms.add_refusal(form, error)
    return _networks_page(request, room, by, token_form=form, token_secret=secret)


@crew
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = Token.objects.select_related("room").filter(pk=token_id).first()
    if token is None:
        raise NotFound
    by = visitor_of(request).actor_in(token.room_id, "revoke_token")
    actions.revoke_token(token=token, now=now(), by=by)
    messages.success(request, gettext("That key opens nothing any more."))
    return _to_networks(token.room)
