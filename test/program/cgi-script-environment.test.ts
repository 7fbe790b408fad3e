import { scriptEnvironment } from '../../src/program/cgi-script-environment.ts';

test("it is the process's environment and the request's variables", () => {
  expect({ ...scriptEnvironment({ PATH: '/bin' }, { QUERY_STRING: 'q' }) }).toEqual({
    PATH: '/bin',
    QUERY_STRING: 'q',
  });
});

test('meta-variables of the process are those of no request', () => {
  const environment = { REMOTE_USER: 'root', HTTP_HOST: 'x', GATEWAY_INTERFACE: 'CGI/1.1', A: 'a' };
  expect({ ...scriptEnvironment(environment, {}) }).toEqual({ A: 'a' });
});

test("HTTP_PROXY is the process's", () => {
  const own = scriptEnvironment({ HTTP_PROXY: 'own' }, { HTTP_PROXY: 'evil' });
  expect(own.HTTP_PROXY).toBe('own');
  expect(scriptEnvironment({}, { HTTP_PROXY: 'evil' }).HTTP_PROXY).toBeUndefined();
});

test('values are text in UTF-8, and any name is one', () => {
  const params = JSON.parse('{ "PATH_INFO": "/\\u00c3\\u00a4", "__proto__": "p" }');
  const environment = scriptEnvironment({}, params);
  expect(environment.PATH_INFO).toBe('/ä');
  expect(Object.entries(environment)).toContainEqual(['__proto__', 'p']);
});
