// The light build says nothing of its types: they are the whole build's.
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
