/* The inbox's page: the queue, the open conversation, the keys. */
import "./keys.js";
import "./live.js";
import "./queue.js";
import "./thread.js";
import "./attach.js";
