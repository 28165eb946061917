using Microsoft.Extensions.Logging;

namespace Aria.Cli.Output;

/// <summary>Loggers that write one line a message: level, category, text, and the exception's message; its stack from Debug on.</summary>
internal sealed class LineLoggers(Action<string> write, LogLevel least) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName[(categoryName.LastIndexOf('.') + 1)..], write, least);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The line loggers have one destination.");

    public void Dispose()
    {
    }

    private sealed class LineLogger(string category, Action<string> write, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string cause = exception is null ? "" : least <= LogLevel.Debug ? $" | {exception}" : $" | {exception.GetType().Name}: {exception.Message}";
                write($"{Word(logLevel)} {category}: {formatter(state, exception)}{cause}".ReplaceLineEndings(" ⏎ "));
            }
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            _ => "error",
        };
    }
}
