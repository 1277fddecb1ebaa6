# Writes OUTPUT, a header with the commit of the tree SOURCE, but only when it has changed. The first of:
# CAIRN_COMMIT (-DCAIRN_COMMIT=… at configuration), the file .commit (git archive has put the commit
# into it), git's HEAD ("-dirty" behind it where tracked files differ from it).
#
# Run at each build: cmake -DSOURCE=… -DOUTPUT=… [-DCAIRN_COMMIT=…] -P commit.cmake
cmake_minimum_required(VERSION 3.25)
set(commit "${CAIRN_COMMIT}")
if(NOT commit AND EXISTS ${SOURCE}/.commit)
  file(STRINGS ${SOURCE}/.commit archived REGEX "^[0-9a-f]+$")
  string(SUBSTRING "${archived}" 0 12 commit)
endif()
# Only a tree with a .git of its own: a source package may have been unpacked inside another checkout.
if(NOT commit AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define CAIRN_COMMIT \"@commit@\"\n" @ONLY)
