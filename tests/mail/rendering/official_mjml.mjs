// The official MJML validates what it is given: node official_mjml.mjs MODULES < {"name": "<mjml>…", …}
// MODULES is a folder that has `mjml` in its node_modules. Prints {"version", "problems": {"name": ["line 3: …"], …}}.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(resolve(process.argv[2]), 'here.js'));
const loaded = await import(pathToFileURL(require.resolve('mjml')));
const mjml2html = [loaded.default?.default, loaded.default, loaded].find((one) => typeof one === 'function');
const { version } = JSON.parse(readFileSync(require.resolve('mjml/package.json'), 'utf8'));

const problems = {};
for (const [name, source] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  problems[name] = [];
  try {
    // "soft" collects what "strict" throws at the first of; includes are not ours to follow.
    const { errors, html } = await mjml2html(source, { validationLevel: 'soft', ignoreIncludes: true, fonts: {} });
    problems[name].push(...errors.map((error) => `line ${error.line}: ${error.message} (${error.tagName})`));
    if (/<\/?mj-/.test(html)) problems[name].push('an MJML element is left in the HTML');
    await mjml2html(source, { validationLevel: 'strict', ignoreIncludes: true, fonts: {} });
  } catch (error) {
    problems[name].push(String(error.message).split('\n')[0]);
  }
}
process.stdout.write(JSON.stringify({ version, problems }));
