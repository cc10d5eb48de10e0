// Search the archive: fetches one index a year, the newest first, and lists the posts that have every word.
"use strict"

const form = document.getElementById("search")
const input = document.getElementById("words")
const results = document.getElementById("results")
const status = document.getElementById("status")
const MOST = 100
let run = 0

const folded = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()

function element(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function shown(post) {
  const item = document.createElement("li")
  const language = post.lang ? {lang: post.lang} : {}
  const heading = document.createElement("h2")
  heading.append(element("a", post.title, {...language, href: form.dataset.root + post.path, dir: "auto"}))
  item.append(heading)
  item.append(element("p", [post.credit, post.theme, post.dates].filter(Boolean).join(" · "), {class: "quiet"}))
  if (post.text) item.append(element("p", post.text, {...language, dir: "auto"}))
  return item
}

const years = new Map()

async function year(name) {
  if (!years.has(name)) {
    const answer = await fetch(`${form.dataset.root}search/${name}.json`)
    if (!answer.ok) throw new Error(answer.status)
    const posts = await answer.json()
    for (const post of posts) {
      post.all = folded(Object.values(post).slice(1).join(" "))
      post.head = folded(post.title)
    }
    years.set(name, posts)
  }
  return years.get(name)
}

async function search() {
  const mine = ++run
  const words = folded(input.value).split(/\s+/).filter(Boolean)
  results.replaceChildren()
  status.textContent = ""
  if (!words.length) return
  let count = 0
  try {
    for (const name of form.dataset.years.split(" ")) {
      const posts = (await year(name)).filter(post => words.every(word => post.all.includes(word)))
      if (mine !== run) return
      posts.sort((one, other) => score(other, words) - score(one, words))
      results.append(...posts.slice(0, Math.max(0, MOST - count)).map(shown))
      count += posts.length
    }
    status.textContent = count ? form.dataset.found.replace("{number}", count) : form.dataset.none
  } catch {
    if (mine === run) status.textContent = form.dataset.failed
  }
}

const score = (post, words) => words.filter(word => post.head.includes(word)).length

form.addEventListener("submit", event => {
  event.preventDefault()
  history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`)
  search()
})
let waiting
input.addEventListener("input", () => {
  clearTimeout(waiting)
  waiting = setTimeout(search, 250)
})
form.hidden = false
input.value = new URLSearchParams(location.search).get("q") || ""
if (input.value) search()
