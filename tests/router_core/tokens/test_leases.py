"""Who holds which token; a hold that nobody renews ends by itself."""

from router_core.tokens.leases import LEASE_S, Leases

NOW = 1_800_000_000.0


def test_a_lease_is_counted_until_it_is_released() -> None:
    leases = Leases()
    one, two = leases.take("id-a", "r-1", NOW), leases.take("id-a", "r-2", NOW)
    assert leases.busy("id-a", NOW) == 2
    assert leases.release(one)
    assert (leases.busy("id-a", NOW), leases.busy("id-b", NOW)) == (1, 0)
    assert leases.release(two)
    assert leases.busy("id-a", NOW) == 0


def test_releasing_twice_frees_nobody_elses() -> None:
    leases = Leases()
    one = leases.take("id-a", "r-1", NOW)
    leases.take("id-a", "r-2", NOW)
    assert leases.release(one)
    assert not leases.release(one)
    assert leases.busy("id-a", NOW) == 1


def test_in_flight_count_was_never_given_back_and_the_pool_ran_dry() -> None:
    """codex-lb #1281: a request that crashed held its account for good."""
    leases = Leases()
    crashed, alive = leases.take("id-a", "crashed", NOW), leases.take("id-a", "alive", NOW)
    leases.renew(alive, NOW + LEASE_S - 1)
    assert [lease.owner for lease in leases.held("id-a", NOW + LEASE_S)] == ["alive"]
    assert not leases.release(crashed)
    assert leases.busy("id-a", NOW + 2 * LEASE_S) == 0


def test_each_lease_has_a_number_that_grows_and_an_owner_to_look_up() -> None:
    leases = Leases()
    taken = [leases.take(token, f"r-{token}", NOW) for token in ("id-a", "id-b", "id-a")]
    numbers = [lease.number for lease in taken]
    assert numbers == sorted(set(numbers))
    assert [(lease.owner, lease.taken_at) for lease in leases.held("id-b", NOW)] == [("r-id-b", NOW)]
