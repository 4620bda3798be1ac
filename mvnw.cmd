@echo off
rem Runs the project's Maven on the JDK 25 that JAVA_HOME names; fetches Maven once if it is not there yet.
setlocal
if not exist "%JAVA_HOME%\bin\javac.exe" (
  echo Slipway needs a JDK 25 or newer: point JAVA_HOME at it. 1>&2
  exit /b 1
)
for /f "tokens=2 delims==" %%v in ('findstr /b "version=" "%~dp0.mvn\wrapper\maven.properties"') do set MAVEN_VERSION=%%v
set MAVEN=%USERPROFILE%\.m2\slipway-wrapper\apache-maven-%MAVEN_VERSION%
if not exist "%MAVEN%\bin\mvn.cmd" "%JAVA_HOME%\bin\java" "%~dp0.mvn\wrapper\FetchMaven.java" "%~dp0.mvn\wrapper\maven.properties" "%MAVEN%"
if errorlevel 1 exit /b 1
call "%MAVEN%\bin\mvn.cmd" -f "%~dp0pom.xml" %*
