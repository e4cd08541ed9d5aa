// A worker that tells what it was given: its environment, and each message again.
const port = process.parentPort;
port.on('message', ({ data }) => {
  if (data.type === 'cancel') process.exit(3);
  if (data.type === 'pause') process.stderr.write('last words\n');
  port.postMessage({ said: data, environment: Object.keys(process.env) });
});
port.postMessage({ type: 'ready', pid: process.pid });
