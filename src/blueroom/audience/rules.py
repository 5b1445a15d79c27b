"""How often one may ask and vote, what votes weigh, and what an asker is told. Pure."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass

import regex

QUESTION_LENGTH_MAX = 500  # graphemes, as people count
NAME_LENGTH_MAX = 80


@dataclass(frozen=True)
class Pace:
    """So many times in so many seconds."""

    times: int
    seconds: int


ASKER_PACES = (Pace(3, 60), Pace(20, 3600))
ADDRESS_PACE = Pace(300, 60)  # a hall of people may sit behind one address

# A phone sends a batch a second at most, as web/batch.ts has it; more in one is not counted.
BATCH_HEARTS = 5
ADDRESS_HEARTS_A_SECOND = 30

# A phone's cookie is this old before it votes: a script has to wait for each of its cookies.
VOTE_AFTER_S = 3
DEVICE_VOTE_PACE = Pace(60, 60)
ADDRESS_VOTE_PACE = Pace(3000, 60)

# Votes count in full up to the knee; from there on each further one counts less and less, so that
# the order of questions stays as the public wants it. A network is what one subscriber or one
# machine commands with ease (256 addresses of IPv4, a /48 of IPv6), a region what a provider has.
NETWORK_KNEE, NETWORK_MOST = 8, 40
REGION_KNEE, REGION_MOST = 48, 160

TOLD = {
    "waiting": "waiting",
    "held": "waiting",
    "merged": "waiting",
    "later": "waiting",
    "approved": "approved",
    "lined_up": "approved",
    "on_air": "on_air",
    "answered": "answered",
    "rejected": "not_taken",
}


def origin(address: str) -> tuple[str, str]:
    """The network and the region that an address belongs to; "" where it is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "", ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    sizes = (24, 16) if found.version == 4 else (48, 32)
    network, region = (str(ipaddress.ip_network((found, size), strict=False)) for size in sizes)
    return network, region


def weigh(votes: Mapping[tuple[str, str], int]) -> int:
    """What votes count together, given how many came from each (region, network)."""
    weights: dict[str, float] = {}
    for (region, _network), given in votes.items():
        weights[region] = weights.get(region, 0.0) + eased(given, NETWORK_KNEE, NETWORK_MOST)
    return math.floor(sum(eased(weight, REGION_KNEE, REGION_MOST) for weight in weights.values()))


def eased(number: float, knee: int, most: int) -> float:
    """The number itself up to the knee, its logarithm from there on, never more than `most`."""
    return number if number <= knee else min(most, knee * (1 + math.log(number / knee)))


def is_written(text: str) -> bool:
    """Whether there is anything to see in it."""
    return regex.search(r"[\p{L}\p{N}\p{P}\p{S}]", text) is not None


def length_of(text: str) -> int:
    """How many characters people see."""
    return len(text) if text.isascii() else len(regex.findall(r"\X", text))


def state_told(state: str, *, is_withdrawn: bool) -> str:
    """A question's state as its asker is told it; what the desk hesitates about stays its own."""
    return "withdrawn" if is_withdrawn else TOLD[state]
