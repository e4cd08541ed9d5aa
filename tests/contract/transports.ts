import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { WebSocketServer, WebSocket } from 'ws';
import type { Transport } from '../../shared/contract/frames.ts';
import { createPair } from '../../shared/contract/pair.ts';
import { portTransport } from '../../shared/contract/port.ts';
import { socketTransport } from '../../shared/contract/socket.ts';

/** Both ends of one connection, and a way past the client's own checks. */
export interface Link {
  client: Transport;
  server: Transport;
  /** Sends anything at all from the client's end. */
  raw(frame: unknown): void;
}

export interface LinkMaker {
  readonly name: string;
  make(): Promise<Link>;
  close(): Promise<void>;
}

function pairMaker(): LinkMaker {
  return {
    name: 'in-memory pair',
    make: () => {
      const [client, server] = createPair();
      return Promise.resolve({ client, server, raw: (frame) => client.send(frame as string) });
    },
    close: () => Promise.resolve(),
  };
}

function portMaker(): LinkMaker {
  return {
    name: 'MessagePort',
    make: () => {
      const { port1, port2 } = new MessageChannel();
      return Promise.resolve({
        client: portTransport(port1),
        server: portTransport(port2),
        raw: (frame) => port1.postMessage(frame),
      });
    },
    close: () => Promise.resolve(),
  };
}

function socketMaker(): LinkMaker {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const listening = new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    name: 'WebSocket',
    make: async () => {
      await listening;
      const { port } = http.address() as AddressInfo;
      const connection = once(sockets, 'connection');
      const client = new WebSocket(`ws://127.0.0.1:${port}`);
      const [server] = (await connection) as [WebSocket];
      if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
      return {
        client: socketTransport(client),
        server: socketTransport(server),
        raw: (frame) => client.send(frame as string),
      };
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

export const linkMakers = [pairMaker, portMaker, socketMaker];
