import { describe, expect, it } from '@jest/globals';
import { loadCommand, looksLocal } from './context.ts';

const images = ['orderflow/order:dev', 'nats:2.15-alpine'];
const remote = 'https://a1b2.example.com:6443';
const at = (name: string, server = remote) => ({ name, server });

describe('a context looks local', () => {
  it.each([
    at('kind-kind'),
    at('k3d-dev'),
    at('minikube', 'https://192.168.49.2:8443'),
    at('docker-desktop', 'https://kubernetes.docker.internal:6443'),
    at('anything', 'https://127.0.0.1:6443'),
    at('anything', 'https://localhost:6443'),
    at('anything', 'https://[::1]:6443'),
  ])('$name at $server', (context) => {
    expect(looksLocal(context)).toBe(true);
  });

  it.each([
    at('production'),
    at('my-kind-cluster'),
    at('eks', 'https://localhost.example.com'),
    at('minikube-2'),
  ])('but not $name at $server', (context) => {
    expect(looksLocal(context)).toBe(false);
  });
});

describe('images are loaded', () => {
  it.each([
    ['kind-dev', `kind load docker-image --name dev ${images.join(' ')}`],
    ['k3d-dev', `k3d image import --cluster dev ${images.join(' ')}`],
    ['minikube', `minikube image load ${images.join(' ')}`],
  ])('into %s by %s', (name, command) => {
    expect(loadCommand(at(name), images)?.join(' ')).toBe(command);
  });

  it('by no command where the cluster has the images of the Docker Engine', () => {
    expect(loadCommand(at('docker-desktop'), images)).toBeUndefined();
  });

  it('by the command that is given, whatever the context', () => {
    expect(loadCommand(at('kind-dev'), images, 'my-load --all')).toEqual(['my-load', '--all', ...images]);
    expect(loadCommand(at('remote'), images, 'push % now')).toEqual(['push', ...images, 'now']);
  });

  it('or it is asked how', () => {
    expect(() => loadCommand(at('remote'), images)).toThrow('--load');
  });
});
