// The letters of people's words, for a page that is there already: they are a third of all that it
// weighs. With its weight only.
import '@fontsource-variable/fraunces/wght.css';
