# meta_data.json as lines "path<TAB>value", so that the shell can look values up.
{ text = text $0 "\n" }
END { at = 1; value("") }
function space() { while (substr(text, at, 1) ~ /[ \t\r\n]/) at++ }
function string(    out, c, code) {
  at++
  while ((c = substr(text, at, 1)) != "\"" && c != "") {
    if (c == "\\") {
      c = substr(text, ++at, 1)
      if (c == "n") c = "\n"
      else if (c == "t") c = "\t"
      else if (c == "u") { code = substr(text, at + 1, 4); at += 4; c = sprintf("%c", hex(code)) }
    }
    out = out c
    at++
  }
  at++
  return out
}
function hex(digits,    n, i) {
  for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
  return n
}
function value(path,    c, key, n, out) {
  space()
  c = substr(text, at, 1)
  if (c == "{" || c == "[") {
    at++
    for (n = 0; ; n++) {
      space()
      if (substr(text, at, 1) ~ /[]}]/ || at > length(text)) break
      key = n
      if (c == "{") { key = string(); space(); at++ }
      value(path "/" key)
      space()
      if (substr(text, at, 1) == ",") at++
    }
    at++
  } else if (c == "\"") {
    out = string()
    print path "\t" out
  } else {
    match(substr(text, at), /^[^], }\n]*/)
    print path "\t" substr(text, at, RLENGTH)
    at += RLENGTH > 0 ? RLENGTH : 1
  }
}
