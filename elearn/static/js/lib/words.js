// Says the sentences of scripts in the language of the page (<html lang>); English stands in the code itself.
// Other languages lie in js/words/<language>.js, made by `make words` from the same catalogue as the pages.

const language = document.documentElement.lang || "en";
const dictionary = language === "en" ? {} : await load();

async function load() {
  try {
    return (await import(`../words/${language}.js`)).default;
  } catch {
    return {}; // English is better than a page without its scripts
  }
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** Return the sentence in the reader's language, with its places such as %(name)s filled. */
export function t(text, values = {}) {
  return fill(dictionary[text] ?? text, values);
}

/** Return the sentence for a number, which stands in it as %(num)s. */
export function tn(one, many, number, values = {}) {
  const forms = dictionary[one];
  const text = Array.isArray(forms) ? forms[number === 1 ? 0 : 1] : number === 1 ? one : many;
  return fill(text, { num: number, ...values });
}
