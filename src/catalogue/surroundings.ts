import { type Section, stops, warns } from './entry.js'

export const surroundings = {
  title: 'Between hosts',
  about:
    'Hosts are asked to connect to those that they will talk to, and to say what came of it; `check` does that, and `up` before it starts anything. A refusal is fine: nobody listens there yet.',
  entries: {
    'peer-silent': stops(
      'A port is filtered between hosts',
      'What one host sends to the other gets no answer at all. Trueno would wait for ever, and say nothing.',
      'A firewall on either host, security groups of a cloud, a switch that separates networks.',
      'Let 8001, 8002 and 8005 through to the coordinator, 8004 and 9300 to index hosts, 8000 from the balancer.',
    ),
    'peer-no-route': stops(
      'There is no way from one host to the other',
      'The system of the host, or a router on the way, says that it cannot be reached or that this is not allowed.',
      'A missing route, a key that is an address of another network, a firewall that says no.',
      'Correct route or firewall, or name the hosts by addresses of a network that they share.',
    ),
    'peer-name-unknown': stops(
      'A host does not know the name of another',
      'Hosts find each other by the keys of `cluster.json`, so each has to know those of the others.',
      'A name that only this machine, or only some of the hosts, have in /etc/hosts.',
      'Put it into /etc/hosts there or into the name server, or use addresses as keys.',
    ),
    'peer-rejects': warns(
      'A port is refused though something listens there',
      'A firewall answers in the place of the host, or what listened has ended a moment ago.',
      'A firewall that rejects instead of dropping.',
      'Let the port through between the hosts of the cluster.',
    ),
    'peer-far': warns(
      'Hosts are far from each other',
      'Each connection takes more than 50 ms to be made. Elasticsearch and Spark ask their peers all the time.',
      'Hosts in different data centres, a VPN in between.',
      'Keep a cluster in one place.',
    ),
    'ways-untried': warns(
      'It was not tried whether a host gets through to others',
      'Nothing on the host can make connections, and its sshd does not do so for us either; what is wrong there shows up late.',
      'No bash there, and `AllowTcpForwarding no`; or TRUENO_DEPLOY_ONLY, which allows no such address.',
      'Put bash there, which Trueno needs anyway.',
    ),
    'public-address': warns(
      'A host has a public address',
      'Trueno, Spark, Cerebro and the page of pm2 listen on all addresses of a host and ask nobody for a password.',
      'A rented server or a machine of a cloud.',
      'Let a firewall admit only the hosts of the cluster and those who are to use it.',
    ),
    'open-to-this-machine': warns(
      'Ports are open to whoever is where this machine is',
      'This machine reached them without SSH, and none of them asks for a password: whoever else can is as free to read and change all data.',
      'A network without a firewall between the hosts and everybody else.',
      'Let a firewall admit only the hosts of the cluster and those who are to use it.',
    ),
    'clock-skew': warns(
      'A clock is wrong',
      'It differs by more than 5 s from the middle one of all hosts and this machine. Logs of several hosts do not fit together, and leases are taken for expired, or for fresh.',
      'No time server is configured, or it cannot be reached. Time zones do not matter.',
      'Let the machine take its time from a time server.',
    ),
  },
} satisfies Section
