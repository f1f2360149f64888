// What modules of the console read from the browser as they are loaded.
const items = new Map<string, string>();
Object.assign(globalThis, {
  location: new URL("http://localhost:8080/venues/bar/tonight"),
  sessionStorage: {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  },
});
