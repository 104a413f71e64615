//! Pictures for the demonstration: a window with a dialog in it, as people send to a desk.

use png::{BitDepth, ColorType, Compression, Encoder};

const WIDTH: usize = 640;
const HEIGHT: usize = 400;

/// Colours of the palette: desktop, window, title bar, line of text, dialog, accent.
const PALETTE: [[u8; 3]; 6] =
    [[58, 96, 115], [250, 250, 250], [225, 229, 234], [205, 210, 216], [255, 255, 255], [196, 60, 48]];

/// A PNG of a window with an error dialog. The caption is kept as the picture's description and decides where the lines of
/// text end, so that two captions give two pictures.
pub(super) fn png(caption: &str) -> Vec<u8> {
    let mut pixels = vec![0_u8; WIDTH * HEIGHT];
    let mut fill = |x: usize, y: usize, width: usize, height: usize, colour: u8| {
        for row in y..y + height {
            pixels[row * WIDTH + x..row * WIDTH + x + width].fill(colour);
        }
    };
    fill(40, 30, 560, 340, 1);
    fill(40, 30, 560, 28, 2);
    fill(572, 38, 12, 12, 5);
    for (line, byte) in caption.bytes().cycle().take(16).enumerate() {
        fill(60, 74 + line * 18, 200 + usize::from(byte) % 80 * 4, 7, 3);
    }
    fill(170, 140, 300, 130, 4);
    fill(170, 140, 300, 24, 2);
    fill(186, 184, 28, 28, 5);
    for line in 0..3 {
        fill(230, 186 + line * 16, 200 - line * 40, 7, 3);
    }
    fill(380, 238, 74, 20, 2);
    encode(caption, &pixels).expect("a picture of this size fits in memory")
}

fn encode(caption: &str, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(PALETTE.concat());
    encoder.set_compression(Compression::High);
    encoder.add_itxt_chunk("Description".to_owned(), caption.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_picture_that_can_be_attached() {
        let picture = png("Outlook: „Kennwort erforderlich“");
        assert!(patchcord_domain::ticket::check_file("shot.png", &picture).is_ok());
        assert_ne!(picture, png("another"));
        assert!(picture.len() < 10_000, "{}", picture.len());
    }
}
