/* The rows of socket_options[]: what the manual pages and the kernel's sources say of each. */
#include <linux/in.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#include <tcpwright/options.h>

/* Constants that the oldest headers we build with lack. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef SO_INCOMING_CPU
#define SO_INCOMING_CPU 49
#endif

enum {
	ALL = ON_LISTENER | ON_CLIENT | ON_ACCEPTED,
	ALWAYS = AT_LISTEN | AT_CONNECT | AT_ACCEPT,
};

/* clang-format off */
const struct socket_option socket_options[N_SOCKET_OPTIONS] = {
	[OPTION_SO_KEEPALIVE] = {
		.name = "so_keepalive",
		.level = SOL_SOCKET, .number = SO_KEEPALIVE, .kind = OPTION_FLAG, .max = 1,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "1.0",
		.summary = "Probes an idle connection, so that a peer that vanished is noticed and "
			   "balancers and firewalls do not forget the connection.",
		.price = "It also ends idle connections that would have outlived an outage as long as "
			 "all probes together.",
	},
	[OPTION_TCP_KEEPIDLE] = {
		.name = "tcp_keepidle",
		.level = IPPROTO_TCP, .number = TCP_KEEPIDLE, .kind = OPTION_TIME, .unit = "s",
		.min = 1, .max = 32767,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.4",
		.summary = "How long a connection is idle before the first keepalive probe.",
		.price = "Once set it no longer follows net.ipv4.tcp_keepalive_time.",
	},
	[OPTION_TCP_KEEPINTVL] = {
		.name = "tcp_keepintvl",
		.level = IPPROTO_TCP, .number = TCP_KEEPINTVL, .kind = OPTION_TIME, .unit = "s",
		.min = 1, .max = 32767,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.4",
		.summary = "The time between keepalive probes that are not answered.",
		.price = "Times tcp_keepcnt it is the outage that an idle connection survives.",
	},
	[OPTION_TCP_KEEPCNT] = {
		.name = "tcp_keepcnt",
		.level = IPPROTO_TCP, .number = TCP_KEEPCNT, .kind = OPTION_NUMBER,
		.min = 1, .max = 127,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.4",
		.summary = "How many keepalive probes go unanswered before the connection ends.",
		.price = "tcp_user_timeout overrides it, both ways.",
	},
	[OPTION_TCP_USER_TIMEOUT] = {
		.name = "tcp_user_timeout",
		.level = IPPROTO_TCP, .number = TCP_USER_TIMEOUT, .kind = OPTION_TIME, .unit = "ms",
		.min = 0, .max = INT32_MAX,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.6.37",
		.summary = "How long sent data may go unacknowledged before the connection ends; auto "
			   "takes the time after which keepalive would end an idle one.",
		.price = "A connection that only waits for a slow network ends with ETIMEDOUT.",
	},
	[OPTION_SO_LINGER] = {
		.name = "so_linger",
		.level = SOL_SOCKET, .number = SO_LINGER, .kind = OPTION_LINGER, .unit = "s",
		.min = 1, .max = 65535,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "1.0",
		.summary = "What close() does: off, wait so many seconds for unsent data, abort (RST), or "
			   "drained (deliver all, then no TIME-WAIT).",
		.price = "abort loses what was not sent yet and resets the peer. drained gives up "
			 "TIME-WAIT's protection against old duplicates, and is not for servers that speak "
			 "first and close at once: connect() can fail for their clients. Seconds make close() "
			 "block.",
	},
	[OPTION_TCP_LINGER2] = {
		.name = "tcp_linger2",
		.level = IPPROTO_TCP, .number = TCP_LINGER2, .kind = OPTION_TIME, .unit = "s",
		.min = 1, .max = 120,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.4",
		.summary = "How long a closed connection waits for the peer's FIN (FIN-WAIT-2), instead "
			   "of net.ipv4.tcp_fin_timeout.",
	},
	[OPTION_SO_REUSEADDR] = {
		.name = "so_reuseaddr",
		.level = SOL_SOCKET, .number = SO_REUSEADDR, .kind = OPTION_FLAG, .max = 1,
		.on = ON_LISTENER, .at = AT_BIND | AT_LISTEN, .inherited = true, .since = "1.0",
		.summary = "Lets a server bind its port again while connections of its former self are "
			   "in TIME-WAIT: tried only after bind() failed with EADDRINUSE, and set at "
			   "listen() for the next start.",
	},
	[OPTION_SO_REUSEPORT] = {
		.name = "so_reuseport",
		.level = SOL_SOCKET, .number = SO_REUSEPORT, .kind = OPTION_FLAG, .max = 1,
		.on = ON_LISTENER, .at = AT_BIND, .inherited = true, .since = "3.9",
		.summary = "Lets several listeners of one user share a port, each with an accept queue of "
			   "its own.",
		.price = "A daemon that is started twice by mistake starts twice.",
	},
	[OPTION_LISTEN_BACKLOG] = {
		.name = "listen_backlog",
		.level = -1, .number = -1, .kind = OPTION_NUMBER, .min = 1, .max = INT32_MAX,
		.on = ON_LISTENER, .at = AT_LISTEN, .since = "1.0",
		.summary = "The accept queue that a listener asks for at least; net.core.somaxconn caps "
			   "it.",
		.price = "A long queue in front of a server that is too slow makes clients give up before "
			 "they are served.",
	},
	[OPTION_IP_BIND_ADDRESS_NO_PORT] = {
		.name = "ip_bind_address_no_port",
		.level = IPPROTO_IP, .number = IP_BIND_ADDRESS_NO_PORT, .kind = OPTION_FLAG, .max = 1,
		.on = ON_CLIENT, .at = AT_BIND, .inherited = true, .since = "4.2",
		.summary = "bind() to port 0 before connect() leaves the port to connect(), so that it is "
			   "used up for one destination only.",
		.price = "A program that hands the bound socket to another one finds port 0 there.",
	},
	[OPTION_IP_LOCAL_PORT_RANGE] = {
		.name = "ip_local_port_range",
		.level = IPPROTO_IP, .number = IP_LOCAL_PORT_RANGE, .kind = OPTION_PORT_RANGE,
		.min = 1, .max = 65535,
		.on = ON_CLIENT, .at = AT_BIND | AT_CONNECT, .inherited = true, .since = "6.3",
		.summary = "The local ports that connect() chooses from; full-search keeps the sysctl's "
			   "range and looks through both of its halves at once.",
		.price = "full-search takes the ports that bind() to port 0 lives on: for few busy "
			 "destinations only.",
	},
	[OPTION_TCP_NODELAY] = {
		.name = "tcp_nodelay",
		.level = IPPROTO_TCP, .number = TCP_NODELAY, .kind = OPTION_FLAG, .max = 1,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "1.0",
		.summary = "Sends small writes at once instead of gathering them (Nagle).",
		.price = "A program that writes in small pieces sends many small packets.",
	},
	[OPTION_TCP_QUICKACK] = {
		.name = "tcp_quickack",
		.level = IPPROTO_TCP, .number = TCP_QUICKACK, .kind = OPTION_FLAG, .max = 1,
		.on = ON_CLIENT | ON_ACCEPTED, .at = AT_CONNECT | AT_ACCEPT, .since = "2.4.4",
		.summary = "Acknowledges at once, or lets acknowledgements wait; the kernel changes it "
			   "again as it sees fit.",
		.price = "One system call for each accepted connection.",
	},
	[OPTION_SO_RCVBUF] = {
		.name = "so_rcvbuf",
		.level = SOL_SOCKET, .number = SO_RCVBUF, .kind = OPTION_SIZE, .unit = "bytes",
		.min = 1152, .max = INT32_MAX / 2,
		.on = ALL, .at = ALWAYS, .inherited = true, .doubled = true, .since = "1.0",
		.summary = "The receive buffer; net.core.rmem_max caps it.",
		.price = "The kernel no longer adapts this buffer to the connection.",
	},
	[OPTION_SO_SNDBUF] = {
		.name = "so_sndbuf",
		.level = SOL_SOCKET, .number = SO_SNDBUF, .kind = OPTION_SIZE, .unit = "bytes",
		.min = 2304, .max = INT32_MAX / 2,
		.on = ALL, .at = ALWAYS, .inherited = true, .doubled = true, .since = "1.0",
		.summary = "The send buffer; net.core.wmem_max caps it.",
		.price = "The kernel no longer adapts this buffer to the connection.",
	},
	[OPTION_TCP_NOTSENT_LOWAT] = {
		.name = "tcp_notsent_lowat",
		.level = IPPROTO_TCP, .number = TCP_NOTSENT_LOWAT, .kind = OPTION_SIZE,
		.unit = "bytes", .min = 0, .max = INT32_MAX,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "3.12",
		.summary = "How much may wait unsent before the socket counts as not writable.",
	},
	[OPTION_TCP_CONGESTION] = {
		.name = "tcp_congestion",
		.level = IPPROTO_TCP, .number = TCP_CONGESTION, .kind = OPTION_NAME,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.6.13",
		.summary = "The congestion control; without privilege one of "
			   "net.ipv4.tcp_allowed_congestion_control.",
	},
	[OPTION_TCP_DEFER_ACCEPT] = {
		.name = "tcp_defer_accept",
		.level = IPPROTO_TCP, .number = TCP_DEFER_ACCEPT, .kind = OPTION_TIME, .unit = "s",
		.min = 0, .max = 32767,
		.on = ON_LISTENER, .at = AT_LISTEN, .since = "2.4",
		.summary = "Hands a connection to accept() only once data has come, for about so long.",
		.price = "Protocols in which the server speaks first wait.",
	},
	[OPTION_TCP_FASTOPEN] = {
		.name = "tcp_fastopen",
		.level = IPPROTO_TCP, .number = TCP_FASTOPEN, .kind = OPTION_NUMBER,
		.min = 0, .max = 65535,
		.on = ON_LISTENER, .at = AT_LISTEN, .since = "3.7",
		.summary = "How many connections may wait that brought data in their SYN; "
			   "net.ipv4.tcp_fastopen must allow it.",
	},
	[OPTION_TCP_MAXSEG] = {
		.name = "tcp_maxseg",
		.level = IPPROTO_TCP, .number = TCP_MAXSEG, .kind = OPTION_SIZE, .unit = "bytes",
		.min = 88, .max = 32767,
		.on = ON_LISTENER | ON_CLIENT, .at = AT_LISTEN | AT_CONNECT, .inherited = true,
		.since = "1.0",
		.summary = "The largest segment that is sent and announced.",
	},
	[OPTION_TCP_SYNCNT] = {
		.name = "tcp_syncnt",
		.level = IPPROTO_TCP, .number = TCP_SYNCNT, .kind = OPTION_NUMBER,
		.min = 1, .max = 127,
		.on = ON_CLIENT, .at = AT_CONNECT, .inherited = true, .since = "2.4",
		.summary = "How many times connect() sends its SYN again before it fails.",
	},
	[OPTION_IP_TOS] = {
		.name = "ip_tos",
		.level = IPPROTO_IP, .number = IP_TOS, .kind = OPTION_NUMBER, .min = 0, .max = 255,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "1.0",
		.summary = "The type of service (DSCP) of what is sent, on IPv6 sockets the traffic class "
			   "as well.",
		.price = "It changes SO_PRIORITY where nobody has set that.",
	},
	[OPTION_SO_PRIORITY] = {
		.name = "so_priority",
		.level = SOL_SOCKET, .number = SO_PRIORITY, .kind = OPTION_NUMBER,
		.min = 0, .max = INT32_MAX,
		.on = ALL, .at = ALWAYS, .since = "1.0",
		.summary = "The priority for queueing disciplines; above 6 it needs CAP_NET_ADMIN.",
		.price = "One system call for each accepted connection.",
	},
	[OPTION_SO_MARK] = {
		.name = "so_mark",
		.level = SOL_SOCKET, .number = SO_MARK, .kind = OPTION_NUMBER,
		.min = 0, .max = UINT32_MAX,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "2.6.25",
		.summary = "The mark for routing and packet filters; it needs CAP_NET_ADMIN or "
			   "CAP_NET_RAW.",
	},
	[OPTION_SO_BUSY_POLL] = {
		.name = "so_busy_poll",
		.level = SOL_SOCKET, .number = SO_BUSY_POLL, .kind = OPTION_TIME, .unit = "us",
		.min = 0, .max = INT32_MAX,
		.on = ALL, .at = ALWAYS, .inherited = true, .since = "3.11",
		.summary = "How long a blocking read polls the device; more than before needs "
			   "CAP_NET_ADMIN.",
		.price = "It burns CPU time.",
	},
	[OPTION_SO_INCOMING_CPU] = {
		.name = "so_incoming_cpu",
		.level = SOL_SOCKET, .number = SO_INCOMING_CPU, .kind = OPTION_NUMBER,
		.min = 0, .max = INT32_MAX,
		.on = ON_LISTENER, .at = AT_LISTEN, .since = "4.4",
		.summary = "Among listeners that share a port, prefers this one for what arrives on that "
			   "CPU.",
	},
};
/* clang-format on */
