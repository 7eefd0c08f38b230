//! The conductor: wires the rooms for each command. Only this room sees more than two others.

mod read;
