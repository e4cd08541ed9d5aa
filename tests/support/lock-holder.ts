import { lockProject } from '../../main/db/lock.ts';

/** Takes the lock of a folder and keeps it until it is killed: node lock-holder.ts FOLDER. */
lockProject(process.argv[2]!, Date.now());
process.send!('locked');
setInterval(() => undefined, 1000);
