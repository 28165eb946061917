using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// Turns generated tokens into text that may be shown at once: characters come out whole, and what may still become a stop string is held
/// back. All that comes out, joined, is the text of all tokens up to the first stop (specs/tokenizer.md §9).
/// </summary>
public sealed class TextStream
{
    /// <summary>Most stop strings at a time.</summary>
    public const int MaxStops = 16;

    /// <summary>Longest stop string, in UTF-16 units.</summary>
    public const int MaxStopLength = 256;

    private readonly Tokenizer _tokenizer;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StopMatch[] _stops;
    private readonly StringBuilder _held = new();

    /// <summary>Starts at the first generated token.</summary>
    /// <exception cref="ArgumentException">Stops that <see cref="Objection"/> objects to.</exception>
    public TextStream(Tokenizer tokenizer, IReadOnlyList<string> stops)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (Objection(stops) is { } objection)
        {
            throw new ArgumentException(objection, nameof(stops));
        }

        _tokenizer = tokenizer;
        _stops = [.. stops.Select(stop => new StopMatch(stop))];
    }

    /// <summary>Whether a stop string has been met; nothing comes out any more.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Code points of all tokens so far, up to the first stop and with it.</summary>
    public long Taken { get; private set; }

    /// <summary>Code points that came out.</summary>
    public long Released { get; private set; }

    /// <summary>Why these stop strings cannot be used, or null.</summary>
    public static string? Objection(IReadOnlyList<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        if (stops.Count > MaxStops)
        {
            return $"At most {MaxStops} stop strings, not {stops.Count}.";
        }

        foreach (string stop in stops)
        {
            if (string.IsNullOrEmpty(stop) || stop.Length > MaxStopLength)
            {
                return $"A stop string has 1 to {MaxStopLength} characters, not {stop?.Length ?? 0}.";
            }

            for (int at = 0; at < stop.Length; at += char.IsSurrogatePair(stop, at) ? 2 : 1)
            {
                if (char.IsSurrogate(stop, at) && !char.IsSurrogatePair(stop, at))
                {
                    return "A stop string holds half a character (a lone surrogate).";
                }
            }
        }

        return null;
    }

    /// <summary>Takes the next token; returns the text that is certain now, often empty. An id beyond the tokenizer's, which a head with more rows can give, is no text.</summary>
    public string Push(uint token) => Take(token < (uint)_tokenizer.VocabularySize ? _tokenizer.BytesOf(token) : [], flush: false);

    /// <summary>The generation has ended: returns what was held back; an unfinished character becomes U+FFFD.</summary>
    public string Flush() => Take([], flush: true);

    private string Take(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (Stopped)
        {
            return "";
        }

        char[] chars = new char[_decoder.GetCharCount(bytes, flush)];
        _decoder.GetChars(bytes, chars, flush);
        foreach (char next in chars)
        {
            _held.Append(next);
            Taken += char.IsLowSurrogate(next) ? 0 : 1;
            int longest = 0;
            foreach (StopMatch stop in _stops)
            {
                longest = Math.Max(longest, stop.Advance(next) ? stop.Length : 0);
            }

            if (longest > 0)
            {
                Stopped = true;
                _held.Length -= longest;
                return Release(0);
            }
        }

        return Release(flush ? 0 : _stops.Select(stop => stop.Matched).DefaultIfEmpty().Max());
    }

    private string Release(int held)
    {
        string text = _held.ToString(0, _held.Length - held);
        _held.Remove(0, text.Length);
        Released += text.Count(unit => !char.IsLowSurrogate(unit));
        return text;
    }
}
