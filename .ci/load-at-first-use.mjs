// For the build: in CommonJS output, what a file requires at its top is loaded when it is first used, as Babel's `lazy` does. So
// the sources keep plain imports, and a command loads what it comes to. Only for Node's own modules and our own chunks, whose
// loading does nothing else.
const REQUIRED = /^(?:let|const) ([\w$]+) = require\("((?:node:|\.{1,2}\/)[^"]+)"\);$/gm;

export const loadAtFirstUse = {
  name: 'load-at-first-use',
  renderChunk(code) {
    let lazy = code;
    for (const [line, name, id] of code.matchAll(REQUIRED)) {
      // Not the end of another name or a member of something; three dots before it are a spread.
      const word = `(?<![\\w$]|(?<!\\.\\.)\\.)${name.replaceAll('$', '\\$')}`;
      const rest = lazy.replace(line, () => '');
      // Taken as a whole somewhere: loaded at once, as it was written.
      if (new RegExp(`${word}(?![\\w$.])`).test(rest)) continue;
      const loader = `let ${name}$;\nconst ${name} = () => ${name}$ ??= require("${id}");`;
      // In parentheses, because of `new`.
      lazy = lazy
        .replace(new RegExp(`${word}\\.(?=[\\w$])`, 'g'), () => `(${name}()).`)
        .replace(line, () => loader);
    }
    return { code: lazy, map: null };
  },
};
