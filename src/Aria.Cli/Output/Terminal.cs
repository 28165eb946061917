using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Aria.Cli.Output;

/// <summary>
/// Where a command's words go. With <c>--json</c> standard output carries exactly one document and every human line goes to
/// standard error; without it human lines are standard output, and remarks about them standard error.
/// </summary>
internal sealed class Terminal(TextWriter output, TextWriter error, TerminalStyle style)
{
    private readonly Lock _gate = new();

    public TerminalStyle Style { get; } = style;

    /// <summary>The process's own streams, in UTF-8 whatever the locale says.</summary>
    public static Terminal OfProcess(bool json, bool quiet, bool verbose, bool noColor)
    {
        bool plain = noColor || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new(
            Utf8(Console.OpenStandardOutput()),
            Utf8(Console.OpenStandardError()),
            new(json, quiet, verbose, OutputIsTerminal: !Console.IsOutputRedirected, ErrorIsTerminal: !Console.IsErrorRedirected, Color: !plain));
    }

    /// <summary>One line for people.</summary>
    public void Line(string text = "") => Write(Style.Json ? error : output, text + "\n");

    /// <summary>A line about the answer, never part of it; <c>--quiet</c> drops it.</summary>
    public void Remark(string text)
    {
        if (!Style.Quiet)
        {
            Write(error, text + "\n");
        }
    }

    /// <summary>A piece of the answer itself, as it is.</summary>
    public void Text(string text) => Write(Style.Json ? error : output, text);

    /// <summary>A piece of a line that is still being drawn, on the stream that carries human lines.</summary>
    public void Draw(string text) => Text(text);

    /// <summary>Whether human lines reach a terminal, so that a line may be redrawn.</summary>
    public bool Redraws => (Style.Json ? Style.ErrorIsTerminal : Style.OutputIsTerminal) && Style.Color && !Style.Quiet;

    /// <summary>The one document of a <c>--json</c> run; nothing without it.</summary>
    public void Document<T>(T value, JsonTypeInfo<T> type)
    {
        if (Style.Json)
        {
            Write(output, JsonSerializer.Serialize(value, type) + "\n");
        }
    }

    /// <summary>What went wrong, in one line, with the next step; as a document too with <c>--json</c>.</summary>
    public void Failure(CommandFailedException failure)
    {
        Document(ErrorDocument.Of(failure), CliJson.Documents.ErrorDocument);
        string next = failure.Next is null ? "" : $"\n  next: {failure.Next}";
        Write(error, $"{Paint("error:", Ink.Red)} {failure.Message}{next}\n");
        if (Style.Verbose && failure.InnerException is { } cause)
        {
            Write(error, cause + "\n");
        }
    }

    /// <summary>Colours <paramref name="text"/> for a terminal that shows colours.</summary>
    public string Paint(string text, Ink ink) =>
        Style.Color && (Style.Json ? Style.ErrorIsTerminal : Style.OutputIsTerminal) ? $"\e[{(int)ink}m{text}\e[0m" : text;

    private static StreamWriter Utf8(Stream stream) => new(stream, new UTF8Encoding(false)) { AutoFlush = true };

    private void Write(TextWriter writer, string text)
    {
        lock (_gate)
        {
            try
            {
                writer.Write(text);
            }
            catch (IOException)
            {
                // The reader has gone (a closed pipe): nobody is left to tell.
            }
        }
    }
}

/// <summary>How the terminal behaves.</summary>
internal sealed record TerminalStyle(bool Json, bool Quiet, bool Verbose, bool OutputIsTerminal, bool ErrorIsTerminal, bool Color);

/// <summary>SGR codes.</summary>
internal enum Ink
{
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
}
