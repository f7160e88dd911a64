/**
 * For a pod: answers at TCP 8080 and 8443 with its own and the client's address and then `more` for whatever it is sent
 * (`enough` once /tmp/enough is there), at UDP 5300 with both addresses; writes down who sends to UDP 5301.
 */
export const SERVE = `
import os, socket, threading
OWN = socket.gethostbyname(socket.gethostname())
def tcp(port):
    listener = socket.create_server(('', port), backlog=256)
    while True:
        connection, client = listener.accept()
        threading.Thread(target=talk, args=(connection, client), daemon=True).start()
def talk(connection, client):
    with connection:
        connection.sendall((OWN + ' ' + client[0]).encode())
        lines = 0
        while connection.recv(64):
            lines += 1
            if lines == 3: open('/tmp/lines', 'w').write('3')
            connection.sendall(b'enough' if os.path.exists('/tmp/enough') else b'more')
def udp(port, keep):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('', port))
    known = set()
    while True:
        _, client = s.recvfrom(64)
        if not keep: s.sendto((OWN + ' ' + client[0]).encode(), client)
        elif client[0] not in known:
            known.add(client[0])
            open('/tmp/heard', 'a').write(client[0] + '\\n')
for port in (8080, 8443): threading.Thread(target=tcp, args=(port,)).start()
for port, keep in ((5300, False), (5301, True)): threading.Thread(target=udp, args=(port, keep)).start()
`

/**
 * Tries all attempts of its argument at once, `TEXT|ADDRESS|PROTOCOL|PORT` a line, and prints the texts of those that got
 * an answer.
 */
export const TRY = `
import socket, sys, threading
def attempt(text, address, protocol, port):
    try:
        if protocol == 'tcp':
            socket.create_connection((address, int(port)), 1.5).recv(64)
        else:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(1.5)
            s.sendto(bytes.fromhex('00070100000100000000000003777777046e6f6e650000010001'), (address, int(port)))
            s.recv(512)
        sys.stdout.write(text + '\\n')
    except OSError:
        pass
threads = [threading.Thread(target=attempt, args=line.split('|')) for line in sys.argv[1].splitlines()]
for thread in threads: thread.start()
for thread in threads: thread.join()
`
