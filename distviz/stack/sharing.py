"""How a lab is shared: with nobody, with everybody who may do everything, or with people of whom some are operators."""

import ipaddress
from dataclasses import dataclass

from distviz.stack import knobs
from distviz.stack.env import env_bool, env_networks


@dataclass(frozen=True)
class Sharing:
    """`private`: who asks is the person at this machine. Behind a proxy, that is not so even on loopback."""

    proxies: "list[ipaddress.IPv4Network | ipaddress.IPv6Network]"
    open: bool
    private: bool
    faults: bool
    open_runs: int
    open_runs_per_client: int
    costly_per_minute: int  # 0: no limit
    wait_max_s: float


def read(*, loopback: bool) -> Sharing:
    proxies = env_networks("TRUSTED_PROXIES")
    alone = loopback and not proxies
    everything = env_bool("LAB_OPEN", alone)
    private = alone and everything
    most = knobs.whole("MAX_OPEN_RUNS")
    return Sharing(
        proxies=proxies,
        open=everything,
        private=private,
        faults=env_bool("FAULTS_ENABLED", alone),
        open_runs=most,
        open_runs_per_client=knobs.whole("MAX_OPEN_RUNS_PER_CLIENT", most if private else None),
        costly_per_minute=knobs.whole("COSTLY_PER_MINUTE", 0 if private else None),
        wait_max_s=knobs.real("WAIT_MAX_SECONDS"),
    )
