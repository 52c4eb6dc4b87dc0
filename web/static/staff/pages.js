// Every page by its name, and the ways at the bottom of the screen.

import { amount } from "./amount.js";
import { approvals } from "./approvals.js";
import { correct, enrol } from "./enrol.js";
import { done } from "./done.js";
import { find } from "./find.js";
import { later, noted } from "./offline.js";
import { more, pin } from "./more.js";
import { passBack, sellPass } from "./passes.js";
import { people } from "./people.js";
import { handed, purchase, today } from "./today.js";
import { questions } from "./questions.js";
import { quote, sending } from "./quote.js";
import { reading, ready, several } from "./ready.js";
import { shift } from "./shift.js";
import { signin } from "./signin.js";
import { topUp } from "./top_up.js";
import { waiting } from "./waiting.js";

export const PAGES = {
  signin, ready, reading, several, amount, quote, sending, waiting, done, later, noted, find, enrol, correct, topUp, sellPass, passBack,
  today, purchase, handed, shift, questions, approvals, people, more, pin,
};

export const WAYS = [["ready", "scan", ""], ["today", "list", "purchase"], ["questions", "ask", ""], ["more", "more", ""]];
