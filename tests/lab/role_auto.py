"""--role auto: two signs name a role, and the report says which; anything less is general."""
import lab


def connect_both_ways(host, port, inbound, outbound=0, upstreams=(8081,)):
    """Connections of a neighbour to PORT here, and ours to UPSTREAMS there."""
    peer = host.neighbour()
    server = host.listen("10.9.0.1", port, hold=True)
    peer.do("connect", "10.9.0.1", port, inbound)
    server.wait_for(inbound)
    for upstream in upstreams if outbound else ():
        peer.do("listen", "10.9.0.2", upstream)
    return [host.connect("10.9.0.2", upstreams[i % len(upstreams)]) for i in range(outbound)]


def chosen(host, name, *why):
    """By --role auto, with these words; and by default it is a hint."""
    role = host.audit("--role", "auto").data["role"]
    assert (role["name"], role["chosen_by"]) == (name, "--role auto"), role
    for words in why:
        assert words in role["why"], role
    assert role["hint"] is None, role

    role = host.audit().data["role"]
    assert (role["name"], role["chosen_by"], role["why"]) == ("general", "default", None), role
    if name == "general":
        assert role["hint"] is None, role
    else:
        assert f"--role {name}" in role["hint"], role


def web_server(host):
    connect_both_ways(host, 80, inbound=20)
    chosen(host, "web-server", "port 80", "20 inbound")


def reverse_proxy(host):
    kept = connect_both_ways(host, 80, inbound=20, outbound=20, upstreams=(8081, 8082))
    chosen(host, "reverse-proxy", "port 80", "20 inbound", f"{len(kept)} outbound", "2 destinations")


def web_server_with_a_database(host):
    """Connections to databases are no forwarded requests."""
    kept = connect_both_ways(host, 80, inbound=20, outbound=20, upstreams=(5432,))
    assert len(kept) == 20
    chosen(host, "web-server", "port 80")


def database(host):
    connect_both_ways(host, 5432, inbound=20)
    chosen(host, "database", "port 5432", "20 inbound")


def cache(host):
    connect_both_ways(host, 6379, inbound=20)
    chosen(host, "cache", "port 6379", "20 inbound")


def api_client(host):
    peer = host.neighbour()
    peer.do("listen", "10.9.0.2", 443)
    host.listen("0.0.0.0", 22)
    kept = host.connect_many(120, "10.9.0.2", 443)
    chosen(host, "api-client", "no listener but ssh", f"{len(kept)} outbound")


def a_listener_alone_is_one_sign(host):
    connect_both_ways(host, 5432, inbound=3)
    chosen(host, "general", "no role shows two signs")


def connections_of_this_host_to_itself_are_none(host):
    """A web server that only its own host can reach, however busy, says nothing."""
    host.listen("127.0.0.1", 80)
    kept = host.connect_many(120, "127.0.0.1", 80)
    assert len(kept) == 120
    chosen(host, "general", "no role shows two signs")


def idle(host):
    chosen(host, "general", "no role shows two signs")


lab.main(
    web_server,
    reverse_proxy,
    web_server_with_a_database,
    database,
    cache,
    api_client,
    a_listener_alone_is_one_sign,
    connections_of_this_host_to_itself_are_none,
    idle,
)
