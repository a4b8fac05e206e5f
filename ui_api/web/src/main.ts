import "./tokens.css";
import "./base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { followLinks } from "./state/place.svelte";

followLinks();
mount(App, { target: document.getElementById("app")! });
