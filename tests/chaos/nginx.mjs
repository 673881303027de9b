// The load balancer before several instances, as an operator writes it: in turn, and a request that may have been taken is not sent to another.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, makeDirectory, onFreePort, program } from '../servers/program.mjs';

const configuration = (directory, port, ports) => `daemon off;
master_process off;
pid ${directory}/master;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${directory}/${what};`).join('\n  ')}
  upstream tenon {
    ${ports.map((instance) => `server 127.0.0.1:${instance} max_fails=1 fail_timeout=1s;`).join('\n    ')}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://tenon;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffering off;
      proxy_connect_timeout 1s;
      proxy_read_timeout 60s;
      proxy_next_upstream error timeout; # never what is not idempotent, once it was sent
    }
  }
}
`;

/** { url, stop, log } */
export async function startNginx(ports) {
  const directory = await makeDirectory('nginx');
  const file = path.join(directory.path, 'nginx.conf');
  const nginx = program({ name: 'nginx', directory: directory.path, command: findProgram('nginx'), args: () => ['-c', file, '-p', directory.path, '-e', 'stderr'], ready: /using the "epoll" event method/ });
  try {
    const port = await onFreePort((free) => { writeFileSync(file, configuration(directory.path, free, ports)); return nginx.start(); });
    return { url: `http://127.0.0.1:${port}`, log: nginx.log, stop: async () => { await nginx.end('SIGTERM'); await directory.remove(); } };
  } catch (error) {
    await nginx.end('SIGKILL');
    await directory.remove();
    throw error;
  }
}
