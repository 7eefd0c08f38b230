//! Small charts, each of one idea, as helm 3.17 renders them: the program that scripts/install-chart-tools.sh installs
//! decides what is right.

mod beside;
mod charts;
mod functions;
mod generated;
