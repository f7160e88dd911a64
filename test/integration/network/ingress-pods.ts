/**
 * A WebSocket server in a few lines, for the lab's image has Python and no library. Who asks for something plain gets an
 * answer of which a byte comes every tenth of a second, until somebody asks for /end.
 */
export const ECHO = `apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
        - name: echo
          image: IMAGE
          command: [python3, -c]
          args:
            - |
              import base64, hashlib, socket, threading, time
              ends = 0
              def drip(stream, until):
                  stream.write(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n')
                  while ends < until:
                      time.sleep(.1)
                      stream.write(b'1\\r\\nx\\r\\n')
                  stream.write(b'0\\r\\n\\r\\n')
              def echo(connection):
                  stream = connection.makefile('rwb', buffering=0)
                  path = stream.readline().decode().split(' ')[1]
                  headers = {}
                  for line in iter(stream.readline, b'\\r\\n'):
                      name, _, value = line.decode().partition(':')
                      headers[name.lower()] = value.strip()
                  if 'sec-websocket-key' not in headers:
                      if path == '/end':
                          global ends
                          ends += 1
                      drip(stream, ends if path == '/end' else ends + 1)
                      return connection.shutdown(socket.SHUT_RDWR)
                  key = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
                  accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
                  stream.write(b'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n'
                      b'Connection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + b'\\r\\n\\r\\n')
                  while True:
                      first, size = connection.recv(2, socket.MSG_WAITALL)
                      mask = connection.recv(4, socket.MSG_WAITALL)
                      text = connection.recv(size & 127, socket.MSG_WAITALL)
                      text = bytes(b ^ mask[i % 4] for i, b in enumerate(text))
                      connection.sendall(bytes([first, len(text)]) + text)
              server = socket.create_server(('', 8080))
              while True:
                  threading.Thread(target=echo, args=[server.accept()[0]], daemon=True).start()
`

/** Says what it is spoken to in, and takes HTTP/2 without TLS. */
export const GRPC = `apiVersion: apps/v1
kind: Deployment
metadata: {name: grpc}
spec:
  selector: {matchLabels: {app: grpc}}
  template:
    metadata: {labels: {app: grpc}}
    spec:
      containers:
        - name: grpc
          image: IMAGE
          imagePullPolicy: Never
          command: [sh, -c]
          args:
            - |
              echo '{"admin":{"disabled":true},"apps":{"http":{"servers":{"h":{"listen":[":8080"],"protocols":["h1","h2c"],
                "routes":[{"handle":[{"handler":"static_response","body":"{http.request.proto}"}]}]}}}}}' >/grpc.json
              HOME=/tmp exec caddy run --config /grpc.json
`
