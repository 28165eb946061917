@echo off
rem Runs aria from this checkout on Windows: builds what changed, then starts it.
setlocal
set "ROOT=%~dp0"
where dotnet >nul 2>nul || (echo aria: the .NET 10 SDK is needed, and dotnet is not on the PATH. 1>&2 & exit /b 5)
if /i "%~1"=="test" (
  dotnet test --solution "%ROOT%Aria.Network.sln" -c Release
  exit /b %ERRORLEVEL%
)
dotnet build "%ROOT%src\Aria.Cli" -c Release -v quiet --nologo 1>&2 || exit /b 5
"%ROOT%artifacts\bin\Aria.Cli\release\aria.exe" %*
exit /b %ERRORLEVEL%
