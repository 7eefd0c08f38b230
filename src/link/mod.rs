//! The repository's own meaning, made from the extracted facts alone: which value a variable has, which stream an
//! image comes from, what the repository builds itself. Pure; knows no files and no network.
